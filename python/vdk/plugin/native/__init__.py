"""Secrets and properties of Versatile Data Kit data jobs, for Python.

Owns the interface for notebooks, schedulers and scripts; vdk-core is not needed::

    from vdk.plugin.native import secrets

    secrets("ingest", "sales").set({"db-user": "ana"})
    secrets("ingest", "sales").get("db-user")

The URL, the login and the default team are those of the ``vdk`` command. All methods may be called
from several threads, and raise a subclass of :class:`Error`, whose attributes `what`, `why`,
`consequences` and `countermeasures` describe the failure without any value. A request is retried for
up to 10 seconds if the service is unavailable, and given up after 300 seconds without an answer.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping, Union

from . import clients
from .errors import Conflict, Error, Invalid, NotAllowed, NotFound, Unavailable

__all__ = [
    "Conflict",
    "Document",
    "Error",
    "Invalid",
    "KeyValues",
    "NotAllowed",
    "NotFound",
    "Unavailable",
    "Version",
    "properties",
    "secrets",
]

Document = Dict[str, Any]
"""Keys and their JSON values: str, int, float, bool, None, list or dict."""
Version = Union[str, int, float, None]
"""The version of a document. Opaque; None if the service has none."""


class KeyValues:
    """The secrets or the properties of one job. Every call asks the service or store."""

    def __init__(self, kind: str, job: str, team: str | None = None) -> None:
        self._kind, self._job, self._team = kind, job, team

    def __repr__(self) -> str:
        return f"{self._kind}({self._job!r}, {self._team!r})"

    def all(self) -> Document:
        """Returns all keys and values.

        Raises:
            NotFound: The service does not know the job or team.
            NotAllowed: Not logged in, or access is denied.
            Unavailable: The service or store is unavailable or fails.
            Invalid: A setting is invalid, or no URL is set.
        """
        document, _ = clients.read(self._kind, self._job, self._team)
        return dict(document)

    def get(self, key: str, default: Any = None) -> Any:
        """Returns the value of `key`, or `default` if there is none. Raises as :meth:`all`."""
        return self.all().get(key, default)

    def read(self, *, unless: Version = None) -> tuple[Document, Version] | None:
        """Returns the document and its version, or None if the version is still `unless`.

        A service without versions always returns the document. Raises as :meth:`all`.
        """
        document, version = clients.read(self._kind, self._job, self._team, unless)
        return None if document is None else (document, version)

    def set(self, values: Mapping[str, Any]) -> None:
        """Sets the keys in `values`, and keeps all others, those that others set now included.

        Raises:
            Conflict: Others kept changing the document. Nothing was stored.
            Unavailable: As :meth:`all`, or it is not known whether the change was stored;
                `consequences` tells.
            Invalid: As :meth:`all`, or a value is no JSON or is too large.
            NotFound, NotAllowed: As :meth:`all`.
        """
        if values:
            self._write({"set": dict(values)})

    def replace(self, values: Mapping[str, Any]) -> None:
        """Replaces all keys and values by `values`. Raises as :meth:`set`."""
        self._write({"replace": dict(values)})

    def delete(self, *keys: str) -> None:
        """Deletes `keys`. A key that does not exist is no error. Raises as :meth:`set`."""
        if keys:
            self._write({"delete": list(keys)})

    def _write(self, change: Mapping[str, Any]) -> None:
        clients.write(self._kind, self._job, self._team, change)


def secrets(job: str, team: str | None = None) -> KeyValues:
    """Returns the secrets of `job`. Without `team` that saved by ``vdk set-default -t`` is used."""
    return KeyValues(clients.SECRETS, job, team)


def properties(job: str, team: str | None = None) -> KeyValues:
    """Returns the properties of `job`. `team` is as for :func:`secrets`."""
    return KeyValues(clients.PROPERTIES, job, team)
