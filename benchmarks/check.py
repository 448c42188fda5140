"""Measures `vdk check` over jobs of many files, which are made here and all differ."""

import os
import tempfile
from pathlib import Path

from processes import RUNS, measure

# Files of a job: a step and packages beside it.
FILES = (1, 50, 500)
LINES = """\
import logging

from vdk.api.job_input import IJobInput

log = logging.getLogger(__name__)
PREFIX = "source-{n}"


class Source{n}:
    TABLE = "table-{n}"

    def __init__(self, job_input: IJobInput, key: str = "key-{n}"):
        self._job_input = job_input
        self._key = key

    def password(self) -> str:
        return self._job_input.get_secret(f"{{PREFIX}}-password")

    def table(self) -> str:
        return self._job_input.get_property(self._key, self.TABLE)


def load_{n}(job_input: IJobInput, limit: int = 100) -> int:
    source = Source{n}(job_input)
    state = job_input.get_all_properties()
    since = state.get("last-{n}", "2020-01-01")
    rows = job_input.execute_query(f"select * from {{{{schema}}}}.t_{n} where day > '{{since}}' limit {{limit}}")
    for row in rows:
        log.info("row %s of %s", row[0], source.table())
    state["last-{n}"] = rows[-1][0] if rows else since
    job_input.set_all_properties(state)
    return len(rows) + len(source.password())
"""
HELPER = """\


def step_{m}(values: list, factor: float = {m}.5) -> list:
    found = [value * factor for value in values if value is not None and value > {m}]
    if not found:
        raise ValueError(f"step {m}: none of {{len(values)}} values is larger")
    return sorted(found, key=lambda value: (value % {m}1, value))
"""


def make(folder, count):
    """Writes a job of `count` files, of about 100 lines each."""
    for n in range(count):
        package = folder / f"package_{n % 20}"
        package.mkdir(parents=True, exist_ok=True)
        text = LINES.format(n=n) + "".join(HELPER.format(m=m) for m in range(1, 10))
        (package / f"load_{n}.py").write_text(text)
    calls = "".join(f"    package_{n % 20}.load_{n}.load_{n}(job_input)\n" for n in range(count))
    imports = "".join(f"import package_{n % 20}.load_{n}\n" for n in range(count))
    (folder / "10_load.py").write_text(f"{imports}\n\ndef run(job_input):\n{calls}")


def compare(vdk):
    """Measures and prints the table."""
    with tempfile.TemporaryDirectory() as made:
        made = Path(made)
        commands = {}
        for count in FILES:
            folder = made / f"job-{count}"
            make(folder, count)
            words = [str(vdk), "check", str(folder), "--offline", "--fail-on", "never"]
            commands[f"{count} files" if count > 1 else "1 file"] = words, {"HOME": str(made), "PATH": "/usr/bin:/bin"}
        print("| `vdk check --offline` | ms | MiB |\n|---|---:|---:|")
        for name, (spent, memory) in measure(commands).items():
            print(f"| {name} | {spent:.1f} | {memory:.1f} |")
        print(f"\nmedians of {RUNS} runs in turn, {os.cpu_count()} cores")
