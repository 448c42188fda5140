"""Load on a job's document, by wrk: of the Control Service, or as OpenBao keeps it for the service."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from servers import ask

SECONDS = int(os.environ.get("SECONDS", "1"))
CONNECTIONS = 16
COUNTER = "0000000000"  # load.lua puts another number in its place
TWENTY = {f"key-{n}": f"the value {n:03}" for n in range(19)} | {"counter": COUNTER}
LARGE = {"counter": COUNTER, "large": "x" * (1024 * 1024 - 200)}
JOB = "/data-jobs/for-team/t/jobs/j/deployments/TODO"
JSON = {"Content-Type": "application/json"}


@dataclass
class Target:
    """What is measured: where the document is, and how it is written there."""

    address: str
    path: str
    method: str
    body: str
    headers: dict = field(default_factory=dict)
    jobs: int = 0  # how many, where the path has the mark that load.lua puts a job's number in

    def version(self):
        """How often the document was written."""
        status, headers, body = ask(self.address, "GET", self.path, headers=self.headers)
        if status != 200:
            sys.exit(f"{self.address}{self.path} answers {status}: {body.decode()}")
        if "ETag" in headers:
            return int(headers["ETag"].strip('"'))
        return json.loads(body)["data"]["metadata"]["version"]

    def write(self):
        status, _, body = ask(self.address, self.method, self.path, self.body, self.headers | JSON)
        if not 200 <= status < 300:
            sys.exit(f"{self.address}{self.path} answers {status}: {body.decode()}")


class Load(NamedTuple):
    """What came of a load: requests, how many a second, and how long they took in milliseconds."""

    requests: int
    rate: float
    median: float
    p99: float


def of_service(address, collection="secrets", document=TWENTY):
    return Target(address, f"{JOB}/{collection}", "PUT", json.dumps(document))


def of_jobs(address, jobs):
    """The same document in each of many jobs."""
    path = f"/data-jobs/for-team/t/jobs/{COUNTER}/deployments/TODO/secrets"
    return Target(address, path, "PUT", json.dumps(TWENTY), jobs=jobs)


def of_openbao(address, token):
    # As the service writes it there, in a record of its own: the service adds to its records who wrote them.
    body = json.dumps({"data": {"jobName": "t/j", "secretsJson": json.dumps(TWENTY)}})
    return Target(address, "/v1/secret/data/t/beside", "POST", body, {"X-Vault-Token": token})


def load(folder, target, writes, connections=CONNECTIONS, one_after_the_other=None):
    """Puts load on `target`. Of many jobs one at random each time, or from a number on in turn."""
    environment, headers = {"PATH": os.environ["PATH"]}, target.headers
    if writes:
        headers = headers | JSON
        body = folder / "body.json"
        body.write_text(target.body)
        environment |= {"BODY": str(body), "METHOD": target.method}
    if target.jobs:
        environment["JOBS"] = str(target.jobs)
    if one_after_the_other is not None:
        environment["FROM"] = str(one_after_the_other)
    words = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    counted = writes and not target.jobs
    before = target.version() if counted else 0
    # What others left to write must not be written in this one's time.
    os.sync()
    ran = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--timeout", "30s", "--latency", *words,
         "-s", Path(__file__).with_name("load.lua"), f"http://{target.address}{target.path}"],
        env=environment, check=True, capture_output=True, text=True,
    )
    result = json.loads(ran.stdout.splitlines()[-1])
    # Some more may be written: wrk does not count what it cuts off at its end.
    if result["bad"] or (counted and target.version() - before < result["requests"]):
        sys.exit(f"{target.address}{target.path}: not every request was carried out\n{ran.stdout}")
    rate = result["requests"] / result["seconds"]
    return Load(result["requests"], rate, result["p50"], result["p99"])


def fill(folder, target, done):
    """Writes to the jobs of `target` from number `done` on, each of them once or more."""
    connections = 64
    while done < target.jobs:
        # What was cut off at the end of the last round is written again.
        before = max(0, done - 2 * connections)
        done = before + load(folder, target, True, connections, before).requests
