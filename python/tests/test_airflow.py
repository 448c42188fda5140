"""Tests contrib/airflow, with the real Airflow if it is installed, else with a stand-in of its class."""

import importlib
import importlib.util
import logging
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest
from vdk.plugin.native import Unavailable

CONTRIB = Path(__file__).parents[2] / "contrib" / "airflow"


@pytest.fixture
def backend(service, monkeypatch):
    try:
        importlib.import_module("airflow.secrets")
    except ImportError:
        module = types.ModuleType("airflow.secrets")
        module.BaseSecretsBackend = object
        monkeypatch.setitem(sys.modules, "airflow", types.ModuleType("airflow"))
        monkeypatch.setitem(sys.modules, "airflow.secrets", module)
    monkeypatch.syspath_prepend(str(CONTRIB))
    monkeypatch.delitem(sys.modules, "vdk_secrets", raising=False)
    module = importlib.import_module("vdk_secrets")
    clock = types.SimpleNamespace(now=1000.0)
    monkeypatch.setattr(module, "time", types.SimpleNamespace(monotonic=lambda: clock.now))
    made = module.VdkSecretsBackend(job="ingest", team="sales", cache_seconds=30)
    made.clock = clock
    return made


def test_finds_connections_variables_and_options(service, backend):
    service.store(
        {
            "conn-db": "postgres://u:p@h/d",
            "var-region": "eu",
            "var-n": 5,
            "var-o": {"a": [1]},
            "config-smtp": "x",
        }
    )
    assert backend.get_conn_value("db") == "postgres://u:p@h/d"
    assert backend.get_variable("region") == "eu"
    assert backend.get_variable("n") == "5"
    assert backend.get_variable("o") == '{"a": [1]}'
    assert backend.get_config("smtp") == "x"
    assert backend.get_conn_value("region") is None
    assert backend.get_variable("") is None


def test_asks_once_for_all_names_also_for_those_that_are_not_there(service, backend):
    service.store({"var-a": "1"})
    for _ in range(100):
        assert backend.get_variable("a") == "1"
        assert backend.get_variable("none") is None
    assert len(service.requests()) == 1
    backend.clock.now += 31
    assert backend.get_variable("a") == "1"
    assert service.requests()[1]["unless"] == 1
    (service.folder / "secrets-sales-ingest.json").write_text(
        '{"document": {"var-a": "2"}, "version": 2}'
    )
    backend.clock.now += 31
    assert backend.get_variable("a") == "2"


def test_serves_old_secrets_for_a_while_when_the_service_fails(service, backend, caplog):
    error = (
        '{"error": {"what": "No.", "why": "Away.", "consequences": "", "countermeasures": ""},'
        ' "exit": 6, "blame": "platform"}'
    )
    service.fail(error)
    with pytest.raises(Unavailable):
        backend.get_variable("a")
    service.store({"var-a": "s3cret-of-a"})
    assert backend.get_variable("a") == "s3cret-of-a"
    service.fail(*[error] * 20)
    with caplog.at_level(logging.DEBUG):
        for _ in range(9):
            backend.clock.now += 31
            assert backend.get_variable("a") == "s3cret-of-a"
            assert backend.get_variable("b") is None
        assert sum("as they were read earlier" in text for text in caplog.messages) == 1
        backend.clock.now += 31
        with pytest.raises(Unavailable):
            backend.get_variable("a")
        service.fail()
        assert backend.get_variable("a") == "s3cret-of-a"
    assert "s3cret-of-a" not in caplog.text


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_serves_forked_processes(service, backend):
    service.store({"var-a": "1"})
    assert backend.get_variable("a") == "1"
    pid = os.fork()
    if pid == 0:
        backend.clock.now += 31
        os._exit(0 if backend.get_variable("a") == "1" else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert len(set(service.processes())) == 2


@pytest.mark.skipif(
    importlib.util.find_spec("airflow") is None or "VDK_TEST_BIN" not in os.environ,
    reason="needs Airflow and the program",
)
def test_serves_the_real_airflow(tmp_path):
    program = Path(os.environ["VDK_TEST_BIN"]) / "vdk"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__SECRETS__BACKEND": "vdk_secrets.VdkSecretsBackend",
        "AIRFLOW__SECRETS__BACKEND_KWARGS": '{"team": "sales", "job": "airflow"}',
        "PYTHONPATH": os.pathsep.join([str(CONTRIB), str(Path(__file__).parents[1])]),
        "VDK_CONTROL_SERVICE_REST_API_URL": "local",
        "VDK_NATIVE_PROGRAM": str(program),
    }
    job = [program, "secrets", "-n", "airflow", "-t", "sales"]
    connection = "postgresql://ana:p4ss-word@db:5432/sales"
    values = ["--set", "conn-warehouse", connection, "--set", "var-region", "eu"]
    subprocess.run([*job, *values], env=environment, check=True, capture_output=True)
    code = (
        "from airflow.models import Connection, Variable\n"
        "found = Connection.get_connection_from_secrets('warehouse')\n"
        "print(Variable.get('region'), found.host, found.login, found.password)\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "eu db ana p4ss-word"
    assert "p4ss-word" not in done.stderr
