-- For wrk: writes where BODY names a file, with another number in each body; reads otherwise. JOBS is the
-- number of jobs where there are many: one of them at random each time or, where FROM is given, one after
-- the other. Prints one line of JSON at the end.

-- As long as the numbers that take its place, so that Content-Length stays true.
local mark = "0000000000"
local path, jobs = os.getenv("BODY"), tonumber(os.getenv("JOBS"))
if path or jobs then
  local pieces = {}
  local count = tonumber(os.getenv("FROM") or 0)
  local random = not os.getenv("FROM")

  function init()
    local body
    if path then
      local file = assert(io.open(path, "rb"))
      body = file:read("*a")
      file:close()
    end
    local whole, at = wrk.format(os.getenv("METHOD"), nil, nil, body), 1
    -- The first mark is the job's where there are many, the other one is in the body.
    for _ = 1, (jobs and 1 or 0) + (path and 1 or 0) do
      local from, to = assert(whole:find(mark, at, true))
      pieces[#pieces + 1] = whole:sub(at, from - 1)
      at = to + 1
    end
    pieces[#pieces + 1] = whole:sub(at)
  end

  function request()
    local number = string.format("%010d", count)
    local first = number
    if jobs then
      first = string.format("%010d", random and math.random(0, jobs - 1) or count % jobs)
    end
    count = count + 1
    if pieces[3] then
      return pieces[1] .. first .. pieces[2] .. number .. pieces[3]
    end
    return pieces[1] .. first .. pieces[2]
  end
end

-- wrk counts statuses from 400 on by itself. Looking at each answer in Lua would cost as much as the
-- servers' work.
function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "bad": %d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
