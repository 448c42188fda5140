"""Owns the hooks that vdk-core calls. The entry points are this module and its `backends`.

One plugin that fails takes down every command of vdk-core. So nothing of vdk-core is imported here
without need, and a hook that fails leaves a warning.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
from typing import Any, Callable, Iterator

from . import clients, hand_over, mask, overrides, program
from .errors import own_error
from .overrides import hook

log = logging.getLogger(__name__)

_MASK = "SECRETS_MASK_IN_LOGS"
_SETTINGS = {
    "CONTROL_SERVICE_REST_API_URL": "URL of the Control Service, or local.",
    "API_TOKEN": "API token, exchanged for an access token. Used if nobody is logged in.",
    "API_TOKEN_AUTHORIZATION_URL": "Token endpoint for API_TOKEN.",
    "CONTROL_HTTP_VERIFY_SSL": "Verify the certificate of the Control Service.",
    "CONTROL_HTTP_TOTAL_RETRIES": "Retries of all requests.",
    "CONTROL_HTTP_CONNECT_RETRIES": "Retries of failed connections.",
    "CONTROL_HTTP_READ_RETRIES": "Retries of interrupted reads.",
    "CONTROL_HTTP_CONNECT_TIMEOUT_SECONDS": "Limit for a connection, in seconds.",
    "CONTROL_HTTP_READ_TIMEOUT_SECONDS": "Limit for a whole request, in seconds.",
    "TEAM": "Team of the job.",
}
# Of backends, in the options SECRETS_DEFAULT_TYPE and PROPERTIES_DEFAULT_TYPE.
_NAMES = ["default", "local", "control-service"]
_SENSITIVE = ("API_TOKEN", "API_TOKEN_AUTHORIZATION_URL")


@contextlib.contextmanager
def _tolerant(task: str) -> Iterator[None]:
    """Turns an exception into a warning. Its text is left out: it may contain a value."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - see the header
        log.warning("vdk-native cannot %s with this vdk-core (%s).", task, type(error).__name__)


@hook(tryfirst=True)
def vdk_start(command_line_args: list[str]) -> None:
    """Hands the commands of vdk-native over to it, before vdk-core logs their arguments."""
    hand_over.to_native(command_line_args)


@hook(tryfirst=True)
def vdk_configure(config_builder: Any) -> None:
    """Defines the options, so that config.ini and the environment can set them."""
    with _tolerant("define its options"):
        known = config_builder.build().list_config_keys()
        for name, description in _SETTINGS.items():
            is_sensitive = name in _SENSITIVE
            # vdk-plugin-control-cli gives CONTROL_HTTP_VERIFY_SSL a default, which must stay.
            if is_sensitive or name.lower() not in known:
                config_builder.add(name, None, False, description, is_sensitive)
        config_builder.add(_MASK, True, True, "Replace secrets in the log of a job by ***.")


@hook()
def vdk_initialize(context: Any) -> None:
    """Replaces the start of a job, and lets jobs write back booleans that the CLI stores."""
    with _tolerant("replace the overrides of configuration by secrets"):
        overrides.replace_builtin(context.plugin_registry)
    for kind in ("Secrets", "Properties"):
        with _tolerant("accept booleans"):
            builtin = "vdk.internal.builtin_plugins"
            service = f"datajobs_service_{kind.lower()}"
            module = importlib.import_module(f"{builtin}.job_{kind.lower()}.{service}")
            owner = getattr(module, f"DataJobsService{kind}")
            types = getattr(owner, f"_DataJobsService{kind}__VALID_TYPES")
            if isinstance(types, list) and bool not in types:
                types.append(bool)


class Backends:
    """Registers our clients as the backends of secrets and properties."""

    # After vdk-plugin-control-cli, whose names we take, and before vdk-core reads the secrets.
    @hook(trylast=True)
    def initialize_job(self, context: Any) -> None:
        """Registers the clients if a place is configured, and masks secrets in the log."""
        with _tolerant("keep secrets and properties"):
            configuration = context.core_context.configuration
            if configuration.get_value(_MASK):
                mask.install()
            program.configure(child_settings(configuration), _op_id(context))
            place, names = _place_and_names()
            ours = []
            for kind in (clients.SECRETS, clients.PROPERTIES):
                asked = configuration.get_value(f"{kind}_default_type")
                register = getattr(getattr(context, kind), f"set_{kind}_factory_method")
                make = _factory(clients.Client(kind))
                # Where a service is asked for and none is configured, the client raises that on use.
                for name in names or {asked}.intersection(_NAMES):
                    register(name, make)
                if not asked or asked in names:
                    ours.append(kind)
            kinds = " and ".join(ours).capitalize()
            if ours and place:
                log.info("%s are kept at: %s", kinds, place)
            elif ours and not names:
                log.info("No Control Service is configured. %s will live in memory.", kinds)


def _factory(client: clients.Client) -> Callable[[], clients.Client]:
    return lambda: client


def _place_and_names() -> tuple[str | None, list[str]]:
    """Returns the place and the names for the clients: none of both if no place is configured."""
    try:
        place = clients.place()
    except Exception as error:  # noqa: BLE001 - memory, which forgets, must not be the answer to it
        # The clients raise it on use. A job without secrets and properties runs.
        why = own_error(error) or type(error).__name__
        log.info("The place of secrets and properties is not known. %s", why)
        return None, _NAMES
    if place is None:
        return None, []
    other = "control-service" if place == "local" else "local"
    return place, [name for name in _NAMES if name != other]


def child_settings(configuration: Any) -> dict[str, str]:
    """Returns the options that the child does not find in its environment as they are."""
    found: dict[str, str] = {}
    for name in _SETTINGS:
        value = configuration.get_value(name)
        if value is None or configuration.is_default(name) or f"VDK_{name}" in os.environ:
            continue
        if name in _SENSITIVE and name in os.environ:
            # Without VDK_ it may be the token of another product.
            continue
        found[f"VDK_{name}"] = str(value).lower() if isinstance(value, bool) else str(value)
    return found


def _op_id(context: Any) -> str:
    """Returns the ID that names the execution in history and audit."""
    with _tolerant("name the execution"):
        keys = importlib.import_module("vdk.internal.core.statestore").CommonStoreKeys
        return str(context.core_context.state.get(keys.OP_ID) or "")
    return ""


backends = Backends()
