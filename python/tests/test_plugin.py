import logging
from types import SimpleNamespace

import pytest
from vdk.plugin.native import clients, overrides, plugin

URL = "CONTROL_SERVICE_REST_API_URL"


class Configuration:
    """The part of vdk-core's configuration that the plugin uses, with its rules for names."""

    def __init__(self, sections):
        self.sections = sections

    def get_value(self, key):
        return self.sections["vdk"].get(key.lower())

    def is_default(self, key):
        return key.lower() not in self.sections["vdk"]

    def list_sections(self):
        return list(self.sections)

    def list_keys_in_section(self, section):
        return list(self.sections[section])

    def override_value(self, key, value, section=None):
        key = key.lower().replace(f"{section}_", "")
        if section is None and key not in self.sections["vdk"]:
            return
        assert key in self.sections[section or "vdk"]
        self.sections[section or "vdk"][key] = value


class Registry:
    def __init__(self):
        self.factories = {}

    def set_secrets_factory_method(self, name, factory):
        self.factories[name] = factory

    set_properties_factory_method = set_secrets_factory_method


def context_of(sections, secrets=None):
    def read():
        if isinstance(secrets, Exception):
            raise secrets
        return secrets

    core = SimpleNamespace(configuration=Configuration(sections), state={})
    job_input = SimpleNamespace(get_all_secrets=read)
    return SimpleNamespace(
        core_context=core, job_input=job_input, secrets=Registry(), properties=Registry()
    )


def test_registers_clients_for_the_place(service, monkeypatch):
    context = context_of({"vdk": {}})
    plugin.backends.initialize_job(context)
    assert set(context.secrets.factories) == {"default", "local"}
    assert set(context.properties.factories) == {"default", "local"}
    first, second = (context.secrets.factories[name]() for name in ("default", "local"))
    assert first is second and isinstance(first, clients.Client)
    monkeypatch.delenv(f"VDK_{URL}")
    context = context_of({"vdk": {URL.lower(): "http://127.0.0.1:9"}})
    plugin.backends.initialize_job(context)
    assert set(context.secrets.factories) == {"default", "control-service"}


def test_registers_nothing_without_a_place(service, monkeypatch):
    monkeypatch.delenv(f"VDK_{URL}")
    context = context_of({"vdk": {}})
    plugin.backends.initialize_job(context)
    assert context.secrets.factories == context.properties.factories == {}
    # Whoever asks for a service has an error on use, and not a memory that forgets.
    context = context_of({"vdk": {"secrets_default_type": "control-service"}})
    plugin.backends.initialize_job(context)
    assert set(context.secrets.factories) == {"control-service"}
    assert context.properties.factories == {}


def told(caplog):
    """Returns what was logged, without the warnings that come where vdk-core is not installed."""
    return [record.getMessage() for record in caplog.records if record.levelname == "INFO"]


@pytest.mark.parametrize(
    ("types", "kept"),
    [
        ({}, ["Secrets and properties are kept at: local"]),
        ({"secrets_default_type": "memory"}, ["Properties are kept at: local"]),
        ({"secrets_default_type": "memory", "properties_default_type": "memory"}, []),
    ],
)
def test_says_where_what_is_kept(service, caplog, types, kept):
    caplog.set_level("INFO")
    plugin.backends.initialize_job(context_of({"vdk": types}))
    assert told(caplog) == kept


@pytest.mark.parametrize(
    ("types", "forgotten"),
    [
        ({}, "Secrets and properties"),
        ({"secrets_default_type": "control-service"}, "Properties"),
    ],
)
def test_says_what_lives_in_memory(service, monkeypatch, caplog, types, forgotten):
    caplog.set_level("INFO")
    monkeypatch.delenv(f"VDK_{URL}")
    plugin.backends.initialize_job(context_of({"vdk": types}))
    text = f"No Control Service is configured. {forgotten} will live in memory."
    assert told(caplog) == [text]


def test_never_falls_back_to_memory(service, monkeypatch):
    def fail():
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")

    monkeypatch.setattr(clients, "place", fail)
    context = context_of({"vdk": {}})
    plugin.backends.initialize_job(context)
    assert "default" in context.secrets.factories and "default" in context.properties.factories


def test_registers_clients_that_raise_when_the_program_cannot_start(service, monkeypatch):
    monkeypatch.setenv("VDK_NATIVE_PROGRAM", "/nowhere/vdk-native")
    context = context_of({"vdk": {}})
    plugin.backends.initialize_job(context)
    with pytest.raises(Exception, match="Cannot start vdk-native"):
        context.secrets.factories["default"]().read_secrets("ingest", "sales")


def test_passes_options_to_the_child_unless_its_environment_has_them(monkeypatch):
    monkeypatch.setenv("VDK_API_TOKEN", "of the environment")
    monkeypatch.delenv("VDK_CONTROL_HTTP_VERIFY_SSL", raising=False)
    options = {"api_token": "of config.ini", "control_http_verify_ssl": False, "other": "x"}
    settings = plugin.child_settings(Configuration({"vdk": options}))
    assert settings == {"VDK_CONTROL_HTTP_VERIFY_SSL": "false"}


def test_warns_when_vdk_core_has_changed(caplog):
    plugin.vdk_configure(object())
    plugin.backends.initialize_job(SimpleNamespace(secret="s3cret-value"))
    assert len(caplog.records) == 2 and "s3cret" not in caplog.text


def test_overrides_options_of_the_section_or_else_of_the_main_one():
    sections = {"vdk": {"db_host": "a", "oracle-wallet": "b"}, "oracle": {"user": "c"}}
    secrets = {"DB_HOST": 1, "oracle-wallet": 2, "oracle_user": 3, "oracle-none": 4, "db-host": 5}
    overrides.Overrides().initialize_job(context_of(sections, secrets))
    assert sections == {"vdk": {"db_host": 1, "oracle-wallet": 2}, "oracle": {"user": 3}}


def test_keeps_options_that_the_environment_sets(monkeypatch):
    monkeypatch.setenv("vdk_db_host", "x")
    monkeypatch.setenv("DB_PORT", "x")
    sections = {"vdk": {"db.host": 1, "db-port": 2, "db_user": 3}}
    secrets = {"db.host": 0, "db-port": 0, "db_user": 0}
    overrides.Overrides().initialize_job(context_of(sections, secrets))
    assert sections == {"vdk": {"db.host": 1, "db-port": 2, "db_user": 0}}


def test_goes_on_when_the_secrets_cannot_be_read(service, caplog):
    service.fail('{"error": {"what": "Away.", "why": "501."}, "exit": 6}')
    with pytest.raises(Exception, match="Away") as raised:
        clients.Client("secrets").read("ingest", "sales")
    with caplog.at_level(logging.WARNING):
        overrides.Overrides().initialize_job(context_of({"vdk": {}}, raised.value))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "Secrets were not read at the start" in caplog.text and "501." in caplog.text


def test_raises_errors_of_other_backends():
    with pytest.raises(KeyError):
        overrides.Overrides().initialize_job(context_of({"vdk": {}}, KeyError("x")))
