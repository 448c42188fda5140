"""Owns the exceptions of this package and their mapping to the classes of vdk-core.

The program decides what failed and who can correct it; here that becomes a Python exception. Only
:func:`for_job` needs vdk-core: data jobs expect its classes, scripts and notebooks run without it.
"""

from __future__ import annotations

import importlib
from typing import Any, Mapping

NOTHING_CHANGED = "Nothing was changed."
_CORE_CLASSES = {
    "config": "VdkConfigurationError",
    "user": "UserCodeError",
    "platform": "PlatformServiceError",
}
_MARK = "vdk_native_error"


class Error(Exception):
    """Describes a failure in four parts. No part contains a value of a secret or property.

    Attributes:
        what: What failed.
        why: The cause.
        consequences: What happened to the data.
        countermeasures: The next step.
        blame: Who can correct it: ``config``, ``user`` or ``platform``.
        is_outcome_known: False if a write was sent, and nobody knows whether it was stored.
    """

    def __init__(
        self,
        what: str,
        why: str,
        consequences: str = NOTHING_CHANGED,
        countermeasures: str = "",
        blame: str = "platform",
    ) -> None:
        super().__init__(what, why, consequences, countermeasures, blame)
        self.what = what
        self.why = why
        self.consequences = consequences
        self.countermeasures = countermeasures
        self.blame = blame
        self.is_outcome_known = True

    def __str__(self) -> str:
        return " ".join(part for part in self.parts() if part)

    def parts(self) -> tuple[str, str, str, str]:
        """Returns the four parts in the order in which they are shown."""
        return self.what, self.why, self.consequences, self.countermeasures


class NotFound(Error):
    """The service does not know the job or the team (404)."""


class NotAllowed(Error):
    """Not logged in, the login has expired, or access is denied (401, 403)."""


class Conflict(Error):
    """Others kept changing the same document."""


class Unavailable(Error):
    """The service or store is unavailable or fails, or it is not known whether a write was stored."""


class Invalid(Error):
    """A setting, an argument or a value is invalid, or the program cannot start."""


# A write was sent, and its outcome is unknown.
_EXIT_UNKNOWN = 7
_BY_EXIT: dict[int, type[Error]] = {2: Invalid, 3: NotAllowed, 4: NotFound, 5: Conflict}
_BY_STATUS: dict[int, type[Error]] = {400: Invalid, 404: NotFound, 413: Invalid}


def from_answer(answer: Mapping[str, Any]) -> Error:
    """Converts an error answer of the program into an exception."""
    exit_code, status, blame = answer.get("exit"), answer.get("status"), answer.get("blame")
    kind = _BY_STATUS.get(status) if isinstance(status, int) else None
    if kind is None and isinstance(exit_code, int):
        kind = _BY_EXIT.get(exit_code)
    parts = answer.get("error")
    text = parts if isinstance(parts, dict) else {}
    error = (kind or Unavailable)(
        str(text.get("what") or "vdk-native reported an error."),
        str(text.get("why") or ""),
        str(text.get("consequences") or ""),
        str(text.get("countermeasures") or ""),
        blame if blame in _CORE_CLASSES else "platform",
    )
    error.is_outcome_known = exit_code != _EXIT_UNKNOWN
    return error


def for_job(error: Error) -> Exception:
    """Returns the exception of vdk-core for `error`, or `error` itself if vdk-core lacks the class.

    The class decides whom vdk-core blames. The exception is not reported to vdk-core: a job may
    catch it, and then nobody is to blame.
    """
    try:
        core = importlib.import_module("vdk.internal.core.errors")
        raised = getattr(core, _CORE_CLASSES[error.blame])(*error.parts())
        setattr(raised, _MARK, error)
    except Exception:  # noqa: BLE001 - a changed vdk-core must not hide our error
        return error
    return raised if isinstance(raised, Exception) else error


def own_error(error: BaseException) -> Error | None:
    """Returns the error of this package that `error` is or was made from, if any."""
    found = error if isinstance(error, Error) else getattr(error, _MARK, None)
    return found if isinstance(found, Error) else None
