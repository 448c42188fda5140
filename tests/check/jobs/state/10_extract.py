import json


def run(job_input):
    state = job_input.get_all_properties()
    if "last_date" in state:
        since = state["last_date"]
    else:
        since = state.get("first_date", "2020-01-01")
    rows = fetch(f"https://rates.example.org/?since={since}&token={state['feed_token']}")
    state["last_date"] = rows[-1]["date"]
    state.update(dict(row_count=len(rows), source="rates"))
    state.update({"checked": "yes"})
    state.setdefault("created", since)
    del state["old_date"]
    job_input.set_all_properties(state)


def fetch(url):
    return json.loads(url)
