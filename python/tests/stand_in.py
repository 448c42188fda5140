"""Speaks the protocol of ``vdk-native job-store`` on files, and fails on demand.

STAND_IN_FOLDER holds the documents, `requests` (the lines as they came, with the process id) and
`faults`: one word a line, taken by one request each, other than `where`. `slow` waits for a file `go`.
"""

import fcntl
import json
import os
import sys
import time

FOLDER = os.environ["STAND_IN_FOLDER"]


# Without pathlib, as importing it takes as long as all the rest.
def load(name, default):
    try:
        with open(f"{FOLDER}/{name}") as file:
            return file.read()
    except FileNotFoundError:
        return default


def save(name, text):
    with open(f"{FOLDER}/{name}", "w") as file:
        file.write(text)


def take_fault():
    faults = load("faults", "").splitlines()
    if faults:
        save("faults", "".join(f"{fault}\n" for fault in faults[1:]))
    return faults[0] if faults else ""


def answer(request):
    name = f"{request['kind']}-{request.get('team', '')}-{request['job']}.json"
    stored = json.loads(load(name, '{"document": {}, "version": 0}'))
    if request["op"] == "read":
        if request.get("unless") == stored["version"]:
            return {"unchanged": True, "version": stored["version"]}
        return stored
    document = stored["document"]
    if "replace" in request:
        document = request["replace"]
    document.update(request.get("set", {}))
    for key in request.get("delete", []):
        document.pop(key, None)
    save(name, json.dumps({"document": document, "version": stored["version"] + 1}))
    return {"version": stored["version"] + 1}


def main():
    if os.path.exists(f"{FOLDER}/broken"):
        print("GLIBC_2.99 not found", file=sys.stderr)
        sys.exit(1)
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if request["op"] == "where":
            place = {"place": os.environ.get("VDK_CONTROL_SERVICE_REST_API_URL")}
            print(json.dumps(place), flush=True)
            continue
        with open(f"{FOLDER}/lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with open(f"{FOLDER}/requests", "a") as requests:
                requests.write(json.dumps({"pid": os.getpid(), "request": request}) + "\n")
            fault = take_fault()
            if fault == "die_before":
                os._exit(9)
            text = json.dumps(answer(request))
        if fault == "die_after":
            os._exit(9)
        while fault == "slow" and not os.path.exists(f"{FOLDER}/go"):
            time.sleep(0.005)
        if fault == "half":
            print(text[:5], end="", flush=True)
            os._exit(9)
        if fault.startswith("{"):
            text = fault
        print("not JSON" if fault == "broken" else text, flush=True)
        if fault == "die_later":
            os._exit(9)


main()
