"""Owns what a data job reads and writes through vdk-core, as changes instead of whole documents.

vdk-core overwrites the whole document with a copy that it read earlier, so parallel jobs would lose
each other's keys. A client remembers what it read, and sends only the keys that differ.
"""

from __future__ import annotations

import json
from typing import Any, Mapping

from . import mask, program
from .errors import NOTHING_CHANGED, Error, Invalid, Unavailable, for_job

SECRETS = "secrets"
PROPERTIES = "properties"
# The text of no value.
_UNKNOWN = ""


def read(kind: str, job: str, team: str | None, unless: Any = None) -> tuple[Any, Any]:
    """Returns the document and its version, or None and the version if it is still `unless`."""
    message = _message("read", kind, job, team)
    if unless is not None:
        message["unless"] = unless
    answer = program.request(message)
    document = answer.get("document")
    if unless is not None and answer.get("unchanged") is True:
        return None, answer.get("version")
    if not isinstance(document, dict):
        raise Unavailable(
            f"Cannot read the {kind}.",
            "The answer of vdk-native contains no document.",
            NOTHING_CHANGED,
            "Run: pip install --force-reinstall --no-deps vdk-native",
        )
    if kind == SECRETS:
        mask.remember(document.values())
    return document, answer.get("version")


def write(kind: str, job: str, team: str | None, change: Mapping[str, Any]) -> None:
    """Applies `change`: ``{"set": {…}, "delete": […]}`` or ``{"replace": {…}}``."""
    values = {**change.get("set", {}), **change.get("replace", {})}
    if not all(isinstance(key, str) for key in [*values, *change.get("delete", ())]):
        raise Invalid(
            f"A key of the {kind} is invalid.",
            "It is not a string.",
            NOTHING_CHANGED,
            "Use strings as keys.",
            "user",
        )
    if kind == SECRETS:
        mask.remember(values.values())
    program.request({**_message("write", kind, job, team), **change})


def place() -> str | None:
    """Returns where documents are kept: ``local``, a URL, or None if nothing is configured."""
    found = program.request({"op": "where"}).get("place")
    return found if isinstance(found, str) else None


def _message(operation: str, kind: str, job: str, team: str | None) -> dict[str, Any]:
    message = {"op": operation, "kind": kind, "job": job}
    return {**message, "team": team} if team else message


def texts(document: Mapping[str, Any]) -> dict[str, str]:
    """Returns the JSON text of each value.

    Texts are copies: vdk-core hands its cache to jobs, which change it. And they differ where
    Python's ``==`` does not: ``1 == True == 1.0``.
    """
    # Infinity is allowed: that is what a number beyond a double is read as.
    return {key: json.dumps(value) for key, value in document.items()}


def difference(base: Mapping[str, str], document: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the change that makes `document` of the document with the texts `base`.

    A value is sent only if its text differs, so 1.50 survives a job that does not touch it.
    """
    now = texts(document)
    changed = {key: document[key] for key, text in now.items() if base.get(key) != text}
    deleted = [key for key in base if key not in now]
    change = {"set": changed, "delete": deleted}
    return {name: part for name, part in change.items() if part}


class Client:
    """Reads and writes one kind of document for the jobs of one context of vdk-core.

    It has a base for each job: a template runs in a context and with a cache of its own.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._bases: dict[tuple[str, str | None], dict[str, str]] = {}

    def read(self, job: str, team: str | None) -> dict[str, Any]:
        """Returns the document as a new dict."""
        try:
            document, _ = read(self._kind, job, team)
        except Error as error:
            raised = for_job(error)
        else:
            self._bases[job, team] = texts(document)
            return dict(document)
        raise raised

    def write(self, job: str, team: str | None, document: dict[str, Any]) -> dict[str, Any]:
        """Stores what differs from the base, or replaces a document that was never read."""
        base = self._bases.get((job, team))
        try:
            # Texts come first: a document that is no JSON must not become a base.
            after = _texts_or_invalid(document)
            change = {"replace": document} if base is None else difference(base, document)
            if base is not None:
                # Until it is known what is stored, the next write sends these keys, whatever it sets.
                touched = [*change.get("set", ()), *change.get("delete", ())]
                self._bases[job, team] = {**base, **dict.fromkeys(touched, _UNKNOWN)}
            if change:
                write(self._kind, job, team, change)
        except Error as error:
            if base is not None and error.is_outcome_known:
                self._bases[job, team] = base
            raised = for_job(error)
        else:
            # Not the merged document: the next write would delete what others have added.
            self._bases[job, team] = after
            return document
        raise raised

    # The interfaces of vdk-core: ISecretsServiceClient and IPropertiesServiceClient.
    read_secrets = read_properties = read
    write_secrets = write_properties = write


def _texts_or_invalid(document: Mapping[str, Any]) -> dict[str, str]:
    try:
        return texts(document)
    except (TypeError, ValueError, RecursionError):
        pass
    # Raises with the reason.
    program.encode({"document": document})
    return {}
