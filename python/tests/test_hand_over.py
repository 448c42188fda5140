import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from vdk.plugin.native import hand_over

ROOT = str(Path(__file__).parents[1])
MAIN = (
    "import sys; sys.path.insert(0, {root!r}); from vdk.plugin.native.hand_over import main;"
    "sys.argv = ['{folder}/vdk-python', *sys.argv[1:]]; main()"
)


@pytest.mark.parametrize(
    "args, is_native",
    [
        ("secrets --set k v", True),
        ("-v DEBUG secrets -n run", True),
        ("--verbosity=DEBUG properties", True),
        ("-d login", True),
        ("--version", True),
        ("-V", True),
        ("run jobs/secrets", False),
        ("-v secrets run", False),
        ("--help", False),
        ("run --version", False),
        ("version", False),
        ("", False),
    ],
)
def test_takes_only_commands_of_its_own(args, is_native):
    assert hand_over.is_native(args.split()) is is_native


def test_has_all_commands_of_the_reference():
    reference = Path(ROOT).with_name("docs") / "reference" / "commands.md"
    if not reference.exists():
        pytest.skip("not in a clone")
    found = set(re.findall(r"^## `vdk (\S+)`$", reference.read_text(), re.MULTILINE))
    assert found - {"version"} == hand_over.COMMANDS


def run_main(folder, path, *args):
    code = MAIN.format(root=ROOT, folder=folder)
    environment = {"PATH": path, "HOME": os.environ.get("HOME", "/")}
    command = [sys.executable, "-B", "-I", "-S", "-c", code, *args]
    return subprocess.run(command, check=False, env=environment, capture_output=True, text=True)


def add_vdk(folder):
    folder.mkdir()
    (folder / "vdk").write_text('#!/bin/sh\necho "$0" "$@" "$VDK_HANDED_OVER_BY" $$\n')
    (folder / "vdk").chmod(0o755)


def test_runs_the_next_vdk_outside_its_own_folder(tmp_path):
    own, other = tmp_path / "own", tmp_path / "other"
    add_vdk(own)
    add_vdk(other)
    done = run_main(own, f"{own}:/nowhere:{other}", "run", "a b")
    path, *args, process, rounds, same = done.stdout.split()
    assert path == f"{other}/vdk" and args == ["run", "a", "b"]
    assert (process, rounds) == (same, "1")


def test_explains_that_there_is_no_other_vdk(tmp_path):
    own = tmp_path / "own"
    add_vdk(own)
    done = run_main(own, str(own), "run", "job")
    assert done.returncode == 2
    assert "what: Unknown command 'run'." in done.stderr
    assert "pip install quickstart-vdk" in done.stderr


def test_passes_over_links_to_its_own_program(tmp_path):
    own, other, links = tmp_path / "own", tmp_path / "other", tmp_path / "links"
    add_vdk(own)
    add_vdk(other)
    links.mkdir()
    (links / "vdk").symlink_to(own / "vdk")
    done = run_main(own, f"{links}:{own}:{other}", "run")
    assert done.stdout.split()[0] == f"{other}/vdk"


def test_lets_the_program_explain_a_command_that_nobody_has(tmp_path):
    own = tmp_path / "own"
    add_vdk(own)
    (own / "vdk").rename(own / "vdk-native")
    done = run_main(own, str(own), "secrts")
    # The shell that stands for the program is the same process.
    path, word, process, mark, same = done.stdout.split()
    assert (path, word, mark) == (f"{own}/vdk-native", "secrts", "nobody")
    assert process == same
