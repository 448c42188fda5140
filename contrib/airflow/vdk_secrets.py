"""Connections, variables and configuration of Apache Airflow from the secrets of a data job.

Put this file where Airflow's Python finds it (``plugins/``), install the wheel of vdk there, and set::

    [secrets]
    backend = vdk_secrets.VdkSecretsBackend
    backend_kwargs = {"team": "sales", "job": "airflow"}

The secret ``conn-warehouse`` is the connection `warehouse`, as a URI or as Airflow's JSON, ``var-region`` the
variable `region`, and ``config-smtp-password`` what an option ``…_secret = smtp-password`` names. Address and
login are those of ``vdk``: `VDK_CONTROL_SERVICE_REST_API_URL` and `VDK_API_TOKEN`, for example.
"""

from __future__ import annotations

import json
import logging
import time
from typing import Any

from airflow.secrets import BaseSecretsBackend
from vdk.plugin.native import Error, secrets

log = logging.getLogger(__name__)

# How many times longer than `cache_seconds` an old document serves while it cannot be read anew.
_STALE = 10


class VdkSecretsBackend(BaseSecretsBackend):
    """Reads the secrets of one job, all at once, and keeps them for a while in each process.

    Airflow asks for the same names again and again, also for names that are not there. No value is logged.

    Args:
        job: The job whose secrets these are.
        team: Its team; without it, that which ``vdk set-default -t`` saved.
        connections_prefix: What stands before the id of a connection in the name of its secret.
        variables_prefix: The same for variables.
        config_prefix: The same for options of the configuration.
        cache_seconds: How long secrets are kept until they are asked for anew. While that fails, they serve
            ten times as long, with one warning; after that the error is raised, and Airflow asks the next
            backend.
    """

    def __init__(
        self,
        job: str = "airflow",
        team: str | None = None,
        connections_prefix: str = "conn-",
        variables_prefix: str = "var-",
        config_prefix: str = "config-",
        cache_seconds: float = 30,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._secrets = secrets(job, team)
        self._connections_prefix = connections_prefix
        self._variables_prefix = variables_prefix
        self._config_prefix = config_prefix
        self._cache_seconds = cache_seconds
        self._document: dict[str, Any] | None = None
        self._version: Any = None
        self._read_at = self._tried_at = 0.0
        self._has_warned = False

    def get_conn_value(self, conn_id: str, *args: Any, **kwargs: Any) -> str | None:
        """Returns a connection as a URI or as JSON, or None if there is none."""
        return self._text(self._connections_prefix + conn_id)

    def get_variable(self, key: str, *args: Any, **kwargs: Any) -> str | None:
        """Returns a variable, or None if there is none."""
        return self._text(self._variables_prefix + key)

    def get_config(self, key: str, *args: Any, **kwargs: Any) -> str | None:
        """Returns an option of the configuration, or None if there is none."""
        return self._text(self._config_prefix + key)

    def _text(self, key: str) -> str | None:
        value = self._current().get(key)
        if value is None or isinstance(value, str):
            return value
        # Airflow reads numbers, booleans and objects as JSON.
        return json.dumps(value)

    def _current(self) -> dict[str, Any]:
        # Without a lock: a fork may copy it locked, and two reads side by side do no harm.
        now = time.monotonic()
        document = self._document
        if document is not None and now - self._tried_at < self._cache_seconds:
            return document
        try:
            found = self._secrets.read(unless=self._version)
        except Error as error:
            if document is None or now - self._read_at > _STALE * self._cache_seconds:
                raise
            self._tried_at = now
            if not self._has_warned:
                self._has_warned = True
                log.warning("Secrets are used as they were read earlier. %s", error)
            return document
        if found is not None:
            document, self._version = found
            self._document = document
        self._read_at = self._tried_at = now
        self._has_warned = False
        return document if document is not None else {}
