"""Owns the child process ``vdk-native job-store``: finds, starts, asks and replaces it.

One child serves all requests of a process: a login costs a token exchange for each child. It has a
session of its own, so that Ctrl-C ends the job but not a write under way, and ends with its stdin.
"""

from __future__ import annotations

import atexit
import contextlib
import csv
import glob
import json
import os
import shlex
import shutil
import threading
from typing import Any, Mapping

from .child import Child, NoAnswer, NotSent
from .errors import NOTHING_CHANGED, Error, Invalid, Unavailable, from_answer

# The list of the installed files, beside the package (packaging.python.org, "Recording installed projects").
_RECORD = os.path.join("vdk_native-*.dist-info", "RECORD")
_NAMES = ("vdk-native", "vdk-native.exe")
# The child must not take the mark of a command that the Rust vdk handed over.
_NOT_FOR_CHILD = "VDK_HANDED_OVER_BY"
# Seconds that a request waits for those of other threads.
_LIMIT = 315.0
_REINSTALL = "Run: pip install --force-reinstall --no-deps vdk-native"


class _Shared:
    """Holds what all requests of this process share. The lock covers a whole request."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        # The thread whose request holds the lock.
        self.owner: int | None = None
        self.child: Child | None = None
        self.settings: dict[str, str] = {}
        self.op_id = ""


_shared = _Shared()


def find() -> str | None:
    """Returns the path of vdk-native: of the installed distribution, VDK_NATIVE_PROGRAM, or PATH."""
    packages = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 3))
    # pip install --target keeps programs there, whatever the list says.
    folders = [os.path.join(packages, "bin")]
    for record in glob.glob(os.path.join(glob.escape(packages), _RECORD)):
        # Not by importlib.metadata: its import takes ten times as long as the start of the program.
        with contextlib.suppress(OSError, ValueError, csv.Error):
            with open(record, encoding="utf-8") as rows:
                paths = [row[0] for row in csv.reader(rows) if row]
            found = (path for path in paths if os.path.basename(path) in _NAMES)
            folders += [os.path.join(packages, os.path.dirname(path)) for path in found]
    for folder in folders:
        for name in _NAMES:
            path = os.path.normpath(os.path.join(folder, name))
            if os.path.isfile(path) and os.access(path, os.X_OK):
                return path
    return os.environ.get("VDK_NATIVE_PROGRAM") or shutil.which("vdk-native")


def configure(settings: Mapping[str, str], op_id: str = "") -> None:
    """Sets variables for the child's environment and the operation ID of later requests.

    A child that runs with other variables is ended.
    """
    with _shared.lock:
        _shared.op_id = op_id[:64]
        if dict(settings) != _shared.settings:
            _shared.settings = dict(settings)
            _close()


def request(message: Mapping[str, Any]) -> dict[str, Any]:
    """Sends `message` to the program and returns its answer.

    Raises:
        Error: The program answered with an error, cannot start, ended, or gave no answer in time.
    """
    mark = {"op_id": _shared.op_id} if _shared.op_id else {}
    line = encode({**message, **mark})
    if _shared.owner == threading.get_ident():
        answer = _ask_another(message, line)
    elif _shared.lock.acquire(timeout=_LIMIT):
        try:
            _shared.owner = threading.get_ident()
            answer = _ask(message, line)
        finally:
            _shared.owner = None
            _shared.lock.release()
    else:
        raise _no_answer("Requests of other threads are under way.")
    if "error" in answer:
        raise from_answer(answer)
    return answer


def _ask(message: Mapping[str, Any], line: bytes) -> dict[str, Any]:
    is_write = message.get("op") == "write"
    restarts = repeats = 1
    while True:
        child = _living_child()
        try:
            return child.ask(line)
        except NotSent as gone:
            failure, may_go_on, is_unknown = str(gone), restarts > 0, False
            restarts -= 1
        except NoAnswer as gone:
            failure, may_go_on, is_unknown = str(gone), not is_write and repeats > 0, is_write
            repeats -= 1
        except BaseException:
            _shared.child = None
            raise
        _shared.child = None
        if not may_go_on:
            raise _not_known(message, failure) if is_unknown else _no_answer(failure)


def _ask_another(message: Mapping[str, Any], line: bytes) -> dict[str, Any]:
    """Asks a child of its own: a signal handler came while this thread waits for an answer."""
    child = _new_child()
    try:
        return child.ask(line)
    except (NotSent, NoAnswer) as gone:
        is_unknown = isinstance(gone, NoAnswer) and message.get("op") == "write"
        failure = str(gone)
    finally:
        child.close()
    raise _not_known(message, failure) if is_unknown else _no_answer(failure)


def encode(message: Mapping[str, Any]) -> bytes:
    """Returns `message` as a line of JSON.

    Raises:
        Invalid: A value has no form in JSON: NaN, bytes, a lone surrogate, or too deep.
    """
    with contextlib.suppress(TypeError, ValueError, RecursionError):
        text = json.dumps(message, allow_nan=False)
        if "\\ud" in text:
            json.dumps(message, ensure_ascii=False).encode("utf-8")
        return text.encode("ascii") + b"\n"
    # Raised here, as the exceptions above hold the value.
    raise Invalid(
        "A value cannot be stored.",
        "It has no form in JSON: NaN, infinity, bytes, a lone surrogate, or nested too deep.",
        NOTHING_CHANGED,
        "Convert the value to text, numbers, lists and dicts first.",
        "user",
    )


def _living_child() -> Child:
    if _shared.child is not None and not _shared.child.is_alive():
        _close()
    if _shared.child is None:
        _shared.child = _new_child()
    return _shared.child


def _new_child() -> Child:
    path = find()
    if path is None:
        raise _cannot_start(
            "It is not part of an installed vdk-native, VDK_NATIVE_PROGRAM is not set, and "
            "PATH does not contain it."
        )
    environment = {**os.environ, **_shared.settings}
    environment.pop(_NOT_FOR_CHILD, None)
    return _start(path, environment)


def _start(path: str, environment: Mapping[str, str]) -> Child:
    """Starts the program and checks that it answers: one of another platform may end at once."""
    child = None
    try:
        child = Child([path, "job-store"], environment)
        child.ask(b'{"op":"where"}\n')
        return child
    except OSError as error:
        why = f"{path}: {error.strerror or error}."
    except (NotSent, NoAnswer) as gone:
        why = f"{path}: {gone}"
        if child is not None and child.last_note():
            why += f" Its last note is: {child.last_note()}"
    raise _cannot_start(why)


def _close() -> None:
    if _shared.child is not None:
        _shared.child.close()
        _shared.child = None


def _forget_after_fork() -> None:
    """Gives a forked process its own state: its parent's child must not get two sets of requests.

    The lock is new as well: a thread of the parent may have held it, and no thread is here to
    release it.
    """
    if _shared.child is not None:
        _shared.child.close_copies()
    _shared.child, _shared.lock, _shared.owner = None, threading.Lock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
atexit.register(_close)


def _cannot_start(why: str) -> Error:
    what = "Cannot start vdk-native, which keeps secrets and properties."
    return Invalid(what, why, NOTHING_CHANGED, _REINSTALL, "config")


def _no_answer(why: str) -> Error:
    return Unavailable("vdk-native did not answer.", why, NOTHING_CHANGED, "Try again.")


def _not_known(message: Mapping[str, Any], why: str) -> Error:
    team = f" -t {shlex.quote(message['team'])}" if message.get("team") else ""
    error = Unavailable(
        f"It is not known whether the {message['kind']} were stored.",
        why,
        "Either all of the change is stored or none of it.",
        f"Look what is stored: vdk {message['kind']} -n {shlex.quote(message['job'])}{team} --list",
    )
    error.is_outcome_known = False
    return error
