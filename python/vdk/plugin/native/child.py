"""Owns one child process and its pipes: a line of JSON goes in, a line of JSON comes out.

The pipes are unbuffered. A buffer that is copied by a fork would be written twice, and its lock may
be held by a thread that the forked process does not have.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import threading
import time
from typing import IO, Any, Callable, Mapping, Sequence

log = logging.getLogger(__name__)

# Seconds after which a child without an answer is killed, at most a twentieth later.
LIMIT = 300.0


class NotSent(Exception):
    """The child ended before it had the whole request, so it did not act on it."""


class NoAnswer(Exception):
    """The child ended, or gave no valid answer, after it had the request."""


def _parsed(text: bytes) -> Any:
    """Returns the value of a JSON text, or None if it is not valid."""
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(text)
    # Python refuses integers of over 4,300 digits. As a float, one does not hide all other keys.
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(text, parse_int=_integer)
    return None


def _integer(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


class Child:
    """A running child. It is used by one thread at a time."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            bufsize=0,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        process = self._process
        assert process.stdin and process.stdout and process.stderr
        self._stdin: IO[bytes] = process.stdin
        self._stdout: IO[bytes] = process.stdout
        self._stderr: IO[bytes] = process.stderr
        self._note = ""
        self._asked_at: float | None = None
        self._is_late = False
        self._is_closed = threading.Event()
        self._notes = self._start_thread(self._log_notes)
        self._start_thread(self._watch)

    def is_alive(self) -> bool:
        """Returns true if the child has not ended."""
        return self._process.poll() is None

    def ask(self, line: bytes) -> dict[str, Any]:
        """Sends a request and returns its answer.

        Raises:
            NotSent: The child ended before it had the whole request. It cannot be used any more.
            NoAnswer: The child gave no valid answer. It was killed if it still ran.
        """
        self._asked_at = time.monotonic()
        try:
            is_sent = self._send(line)
            text = self._receive() if is_sent else b""
        except BaseException:
            # Interrupted: the answer would be taken for that of the next request. A write under
            # way goes on, as the child has a session of its own.
            self._close_pipes()
            raise
        finally:
            self._asked_at = None
        answer = _parsed(text)
        if isinstance(answer, dict):
            return answer
        self._kill()
        if not is_sent:
            raise NotSent(self._end())
        raise NoAnswer("It gave no valid answer." if text else self._end())

    def last_note(self) -> str:
        """Returns the last line on stderr of a child that has ended."""
        if self._notes is not None:
            self._notes.join(1)
        return self._note

    def close(self) -> None:
        """Ends the child by closing its stdin."""
        self._close_pipes()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)

    def close_copies(self) -> None:
        """Closes the copies of the pipes in a forked process. The child belongs to the parent."""
        # Nothing here takes a lock: a thread of the parent may have held it.
        for pipe in (self._stdin, self._stdout, self._stderr):
            pipe.close()
        self._process.returncode = 0

    def _send(self, line: bytes) -> bool:
        rest = memoryview(line)
        with contextlib.suppress(OSError):
            while rest:
                rest = rest[self._stdin.write(rest) :]
            return True
        return False

    def _receive(self) -> bytes:
        """Returns the answer, or nothing if the pipe ended before the whole of it."""
        parts: list[bytes] = []
        while not parts or not parts[-1].endswith(b"\n"):
            part = os.read(self._stdout.fileno(), 1 << 20)
            if not part:
                return b""
            parts.append(part)
        return b"".join(parts)

    def _end(self) -> str:
        code = self._process.returncode
        if self._is_late:
            return f"It gave no answer for {LIMIT:.0f} seconds and was ended."
        if code is None:
            return "It closed its pipes."
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return f"It {how}."

    def _watch(self) -> None:
        """Kills the child when a request takes too long. A timer for each takes 0.2 ms of it."""
        while not self._is_closed.wait(LIMIT / 20):
            asked_at = self._asked_at
            if asked_at is not None and time.monotonic() - asked_at > LIMIT:
                self._is_late = True
                self._process.kill()
                return

    def _kill(self) -> None:
        self._close_pipes()
        # Its own end comes first: the exit code tells why it gave no answer.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.2)
            return
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)

    def _close_pipes(self) -> None:
        self._is_closed.set()
        for pipe in (self._stdin, self._stdout):
            with contextlib.suppress(OSError):
                pipe.close()

    def _log_notes(self) -> None:
        # Only this thread closes the pipe: a closed number may be given to another file at once.
        pipe = self._stderr
        rest = b""
        with contextlib.suppress(OSError, ValueError):
            while True:
                part = os.read(pipe.fileno(), 1 << 16)
                *lines, rest = (rest + part).split(b"\n")
                for line in lines if part else [rest]:
                    note = line.decode("utf-8", "replace").rstrip()
                    if note:
                        self._note = note
                        log.info("%s", note)
                if not part:
                    break
            pipe.close()

    @staticmethod
    def _start_thread(target: Callable[[], None]) -> threading.Thread | None:
        thread = threading.Thread(target=target, name=f"vdk-native {target.__name__}", daemon=True)
        # No thread starts while Python shuts down. A last write of a job works without.
        with contextlib.suppress(RuntimeError):
            thread.start()
            return thread
        return None
