-- For wrk: writes where BODY names a file, with another number in each body; reads otherwise. Prints
-- one line of JSON at the end.

local path = os.getenv("BODY")
if path then
  local head, tail
  local count = 0

  function init()
    local file = assert(io.open(path, "rb"))
    -- As long as the numbers that take its place, so that Content-Length stays true.
    local whole = wrk.format(os.getenv("METHOD"), nil, nil, file:read("*a"))
    file:close()
    local from, to = assert(whole:find("0000000000", 1, true))
    head, tail = whole:sub(1, from - 1), whole:sub(to + 1)
  end

  function request()
    count = count + 1
    return head .. string.format("%010d", count) .. tail
  end
end

-- wrk counts statuses from 400 on by itself. Looking at each answer in Lua would cost as much as the
-- servers' work.
function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"requests": %d, "seconds": %f, "p99": %f, "bad": %d}',
    summary.requests, summary.duration / 1e6, latency:percentile(99) / 1e3,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
