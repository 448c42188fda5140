"""Measures what secrets cost a data job: `vdk run` with the plugin of the wheel, with the original's, and with
vdk-core alone, and single reads and writes in a process of Python. tests/wheel makes the environments.
"""

import json
import os
import statistics
import subprocess
import sys
import venv

from processes import RUNS, memory, turns
from servers import ROOT, Servers

JOBS = ROOT / "target" / "jobs"
CORE, ALONE, ORIGINAL = (JOBS / name for name in ("core", "alone", "original"))

STEP = """
def run(job_input):
    for key in ("KEY_0", "KEY_1", "KEY_2"):
        job_input.get_secret(key)
"""

# Prints the milliseconds of the first read, which finds and starts the program, and of the median of later
# ones, then those of a read, a change and a write.
READS = """
import json, statistics, sys, time
from vdk.plugin.native import secrets
def timed(act):
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000
job = secrets("many", "t")
first = timed(job.all)
reads = [timed(job.all) for _ in range(200)]
def change(n):
    document = job.all()
    job.set({"n": document.get("n", 0) + 1})
writes = [timed(lambda: change(n)) for n in range(100)]
print(json.dumps([first, statistics.median(reads), statistics.median(writes)]))
"""

# The same of the original's client, for properties: its secrets are in memory.
ORIGINAL_READS = """
import json, statistics, sys, time
from vdk.plugin.control_cli_plugin.control_service_properties_client import (
    ControlServicePropertiesServiceClient as Client)
def timed(act):
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000
api = Client(sys.argv[1])
def change(n):
    document = api.read_properties("many", "t")
    document["n"] = n
    api.write_properties("many", "t", document)
first = timed(lambda: api.read_properties("many", "t"))
reads = [timed(lambda: api.read_properties("many", "t")) for _ in range(200)]
writes = [timed(lambda: change(n)) for n in range(100)]
print(json.dumps([first, statistics.median(reads), statistics.median(writes)]))
"""


def prepare():
    """Makes the environments without the wheel."""
    subprocess.run([ROOT / "tests" / "wheel"], check=True)
    for folder, requirements in ((ALONE, "jobs.txt"), (ORIGINAL, "vdk.txt")):
        if (folder / "complete").exists():
            continue
        venv.create(folder, with_pip=True, clear=True)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "setuptools<80", "wheel", "pbr"], check=True)
        subprocess.run([*pip, "--no-build-isolation", "-r", ROOT / "tests" / "python" / requirements], check=True)
        (folder / "complete").touch()


def compare(vdk, service):
    """Prints both tables. `service` is the program of the Control Service."""
    prepare()
    keys = json.dumps({f"KEY_{n}": f"value {n}" for n in range(20)})
    with Servers() as servers:
        url = "http://" + servers.service("jobs", service)[1]

        def environment(place):
            return {
                "HOME": str(servers.folder), "PATH": "/usr/bin:/bin", "VDK_CREDENTIAL_STORE": "file",
                "VDK_CONTROL_SERVICE_REST_API_URL": place, "VDK_VERSION_CHECK_DISABLED": "true",
                "PYTHONDONTWRITEBYTECODE": "1",
            }

        for place in ("local", url):
            for kind in ("secrets", "properties"):
                for job in ("empty", "reads", "many"):
                    words = [vdk, kind, "-n", job, "-t", "t", "--overwrite-all", "-"]
                    subprocess.run(words, env=environment(place), input=keys, text=True, check=True,
                                   stderr=subprocess.DEVNULL)
        for job, step in (("empty", "def run(job_input):\n    pass\n"), ("reads", STEP)):
            (servers.folder / job).mkdir()
            (servers.folder / job / "10_step.py").write_text(step)
            (servers.folder / job / "config.ini").write_text("[owner]\nteam = t\n")
        run = lambda folder, job, place: (
            [str(folder / "bin" / "vdk"), "run", str(servers.folder / job)], environment(place))
        commands = {
            "an empty job, vdk-core alone": run(ALONE, "empty", "local"),
            "a job that reads 3 secrets, vdk-core alone (in memory)": run(ALONE, "reads", "local"),
            "the same, the original's plugin (in memory)": run(ORIGINAL, "reads", url),
            "the same, this plugin, local": run(CORE, "reads", "local"),
            "the same, this plugin, http": run(CORE, "reads", url),
        }
        times = turns(commands)
        sizes = {name: memory(command) for name, command in commands.items()}
        script = lambda folder, text, place: json.loads(subprocess.run(
            [folder / "bin" / "python", "-c", text, place], env=environment(place), check=True,
            capture_output=True, text=True).stdout)
        calls = {
            "secrets(job, team), local": script(CORE, READS, "local"),
            "secrets(job, team), http": script(CORE, READS, url),
            "the original's client of properties, http": script(ORIGINAL, ORIGINAL_READS, url),
        }
    alone = times["a job that reads 3 secrets, vdk-core alone (in memory)"]
    print("| `vdk run` | ms | MiB | beside |\n|---|---:|---:|---|")
    for name, spent in times.items():
        # Turn by turn: the machine's speed changes more between turns than a plugin costs.
        more = statistics.median(one - other for one, other in zip(spent, alone))
        print(f"| {name} | {statistics.median(spent):.0f} | {sizes[name]:.1f} | {more:+.0f} ms |")
    print("\n| in a process, 20 keys | first read ms | later ms | read, change and write ms |\n|---|---:|---:|---:|")
    for name, times in calls.items():
        print("| " + " | ".join([name, *(f"{time:.2f}" for time in times)]) + " |")
    print(f"\nmedians of {RUNS} runs in turn, {os.cpu_count()} cores", file=sys.stderr)
