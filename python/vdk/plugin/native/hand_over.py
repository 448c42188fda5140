"""Owns the two ways between the programs that share the name ``vdk``.

``vdk-python`` runs vdk-core under the Python that pip installed it for; vdk-core's own script may
be overwritten by our ``vdk``. The other way, commands of ours that reach vdk-core become vdk-native.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from typing import NoReturn, Sequence

from . import program

# The commands of `vdk --help`, without version and help.
COMMANDS = frozenset(
    (
        "secrets",
        "properties",
        "jobs",
        "check",
        "login",
        "logout",
        "access",
        "set-default",
        "reset-default",
        "info",
        "local",
        "completion",
        "server",
    )
)
_WITH_VALUE = ("-v", "--verbosity")
_MARK = "VDK_HANDED_OVER_BY"
# As in src/commands/external.rs: there is no Python vdk.
_NOBODY = "nobody"
# As in src/commands/external.rs: two wrappers may hand a command to each other forever.
_MAX_ROUNDS = 20


def to_native(args: Sequence[str]) -> None:
    """Becomes vdk-native if `args` are for it. Returns if they are not, or if it is not found."""
    if not is_native(args):
        return
    path = program.find()
    if path is not None:
        become(path, args)


def is_native(args: Sequence[str]) -> bool:
    """Returns true if vdk-native has the command, or if its version is asked for."""
    if list(args) in (["--version"], ["-V"]):
        return True
    rest = iter(args)
    for word in rest:
        if not word.startswith("-"):
            return word in COMMANDS
        if word in _WITH_VALUE:
            next(rest, None)
    return False


def become(path: str, args: Sequence[str]) -> NoReturn:
    """Replaces this process with the program at `path`. On Windows it waits and exits with it."""
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        if os.name == "nt":
            sys.exit(subprocess.call([path, *args]))
        os.execv(path, ["vdk", *args])
    except OSError as error:
        why = f"{path}: {error.strerror or error}."
    fail("Cannot run vdk.", why, "Check the installation of that program.")


def fail(what: str, why: str, countermeasures: str) -> NoReturn:
    """Prints an error as vdk does, and exits."""
    consequences = "Nothing was changed."
    print(
        f"what: {what}\nwhy: {why}\nconsequences: {consequences}\n"
        f"countermeasures: {countermeasures}",
        file=sys.stderr,
    )
    sys.exit(2)


def main() -> None:
    """Runs the Python vdk: of this Python, else the next one on PATH."""
    try:
        entry = importlib.import_module("vdk.internal.cli_entry")
    except ModuleNotFoundError as error:
        # vdk-core itself is not installed.
        if error.name not in ("vdk.internal", "vdk.internal.cli_entry"):
            _fail_to_load(error)
    except ImportError as error:
        _fail_to_load(error)
    else:
        sys.argv[0] = "vdk"
        sys.exit(entry.main())
    following = next_vdk(os.path.dirname(os.path.realpath(sys.argv[0])))
    name = next((word for word in sys.argv[1:] if not word.startswith("-")), "vdk")
    native = program.find()
    if following is None and native is not None:
        # It knows what the command may have meant.
        os.environ[_MARK] = f"{os.getpid()} {_NOBODY}"
        become(native, sys.argv[1:])
    if following is None:
        fail(
            f"Unknown command {name!r}.",
            "This vdk does not have it, and no other vdk is on PATH.",
            "For data job commands such as run or deploy, install the Python vdk: pip install "
            "quickstart-vdk",
        )
    before = os.environ.get(_MARK, "").split()
    is_this = len(before) == 2 and before[0] == str(os.getpid()) and before[1].isdigit()
    rounds = int(before[1]) + 1 if is_this else 1
    if rounds > _MAX_ROUNDS:
        fail(
            f"Cannot run {name!r}.",
            "The next vdk on PATH hands the command back to this one.",
            "Add the Python vdk to PATH, or remove the wrapper from it.",
        )
    os.environ[_MARK] = f"{os.getpid()} {rounds}"
    become(following, sys.argv[1:])


def next_vdk(own_folder: str) -> str | None:
    """Returns the first ``vdk`` on PATH that is no program of `own_folder`, nor a link to one."""
    file = "vdk.exe" if os.name == "nt" else "vdk"
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = os.path.join(folder, file)
        is_other = folder and os.path.dirname(os.path.realpath(path)) != own_folder
        if is_other and os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None


def _fail_to_load(error: ImportError) -> NoReturn:
    fail(
        "vdk-core cannot be loaded.",
        f"{error}.",
        "vdk-core needs pkg_resources: pip install 'setuptools<80'"
        if error.name == "pkg_resources"
        else "Reinstall it: pip install --force-reinstall --no-build-isolation vdk-core",
    )
