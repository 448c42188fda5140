"""Owns the start of a job: secrets override configuration options of the same name.

It replaces ``SecretsConfigPlugin`` of vdk-core, which ends every job if the secrets cannot be read,
used or not, or if the name of a secret contains the name of a section.
"""

from __future__ import annotations

import importlib
import logging
import os
from typing import Any, Callable, TypeVar

from .errors import own_error

log = logging.getLogger(__name__)
_Function = TypeVar("_Function", bound=Callable[..., Any])


def hook(**options: bool) -> Callable[[_Function], _Function]:
    """Marks a hook of vdk-core. Does nothing without vdk-core, where no hook is called."""
    try:
        marked: Callable[[_Function], _Function] = importlib.import_module(
            "vdk.api.plugin.hook_markers"
        ).hookimpl(**options)
        return marked
    except Exception:  # noqa: BLE001 - a changed vdk-core must not stop the import
        return lambda function: function


class Overrides:
    """Applies secrets to the configuration of a job."""

    @hook(trylast=True)
    def initialize_job(self, context: Any) -> None:
        """Overrides options by secrets, and lets the job go on if they cannot be read."""
        try:
            secrets = context.job_input.get_all_secrets()
        except Exception as error:
            own = own_error(error)
            if own is None:
                raise
            log.warning(
                "Secrets were not read at the start, so they override no configuration. %s", own
            )
            return
        environment = {name.upper() for name in os.environ}
        for key, value in secrets.items():
            name = key.replace("-", "_").replace(".", "_").upper()
            if not environment & {f"VDK_{name}", name}:
                override(context.core_context.configuration, key, value)


def override(configuration: Any, key: str, value: Any) -> None:
    """Overrides the option `key` in the section that is a part of its name, else the main one."""
    for section in configuration.list_sections():
        if section == "vdk" or section.lower() not in key.lower():
            continue
        # As vdk-core looks it up: a section may be the prefix of the name.
        option = key.lower().replace(f"{section}_", "")
        if option in configuration.list_keys_in_section(section):
            log.info("Overriding config %s with secret", key)
            configuration.override_value(key, value, section)
            return
    configuration.override_value(key, value)


def replace_builtin(registry: Any) -> None:
    """Registers :class:`Overrides` in place of the plugin of vdk-core, if that is there."""
    module = importlib.import_module("vdk.internal.builtin_plugins.config.secrets_config")
    builtin = getattr(module, "SecretsConfigPlugin", None)
    if builtin is None:
        return
    manager = registry.plugin_manager()
    for plugin in manager.get_plugins():
        if isinstance(plugin, builtin):
            manager.unregister(plugin)
            registry.load_plugin_with_hooks_impl(Overrides(), "vdk-native-overrides")
            return
