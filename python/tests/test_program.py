import json
import logging
import multiprocessing
import os
import signal
import threading

import pytest
from vdk.plugin.native import Invalid, Unavailable, child, clients, program, secrets

SECRET = "s3cret-value"


def write(**values):
    secrets("ingest", "sales").set(values)


def read():
    return secrets("ingest", "sales").all()


def wait_for_its_end():
    running = program._shared.child
    while running is not None and running.is_alive():
        pass


def test_serves_all_requests_by_one_child(service):
    write(a=1)
    write(b=2)
    assert read() == {"a": 1, "b": 2}
    assert len(set(service.processes())) == 1


def test_starts_a_new_child_when_the_last_one_has_ended(service):
    write(a=1)
    os.kill(service.processes()[0], signal.SIGKILL)
    wait_for_its_end()
    write(b=2)
    assert service.stored() == {"a": 1, "b": 2}


def test_starts_a_new_child_when_the_last_one_ended_after_its_answer(service):
    service.fail("die_later")
    write(a=1)
    wait_for_its_end()
    write(b=2)
    assert service.stored() == {"a": 1, "b": 2}


@pytest.mark.parametrize("fault", ["die_before", "die_after", "half", "broken"])
def test_does_not_repeat_a_write_without_an_answer(service, fault):
    service.fail(fault)
    with pytest.raises(Unavailable) as raised:
        write(a=SECRET)
    assert raised.value.what == "It is not known whether the secrets were stored."
    assert "vdk secrets -n ingest -t sales --list" in raised.value.countermeasures
    assert SECRET not in repr(raised.value) + str(raised.value)
    assert len(service.requests()) == 1
    write(b=2)
    assert service.stored()["b"] == 2


@pytest.mark.parametrize("fault", ["die_before", "die_after", "half", "broken"])
def test_repeats_a_read_without_an_answer_once(service, fault):
    service.store({"a": 1})
    service.fail(fault)
    assert read() == {"a": 1}
    service.fail(fault, fault)
    with pytest.raises(Unavailable) as raised:
        read()
    assert raised.value.consequences == "Nothing was changed."
    assert len(service.requests()) == 4


def test_sends_a_request_again_when_the_child_did_not_get_it(service, monkeypatch):
    write(a=1)
    os.kill(service.processes()[0], signal.SIGKILL)
    wait_for_its_end()
    # Looks alive until the request is written.
    monkeypatch.setattr(child.Child, "is_alive", lambda self: True)
    write(b=2)
    assert service.stored() == {"a": 1, "b": 2}


def test_ends_a_child_without_an_answer_in_time(service, monkeypatch):
    write(a=1)
    service.fail("slow")
    # Only here: a machine under load may need longer to start the next one.
    with monkeypatch.context() as short:
        short.setattr(child, "LIMIT", 0.3)
        with pytest.raises(Unavailable, match="gave no answer for"):
            write(a=2)
    assert read() == {"a": 2}


def test_drops_the_child_of_an_interrupted_request(service):
    write(a=1)
    service.fail("slow")
    # Python leaves it to its parent's choice, which may be to ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        service.once_asked(2, lambda: os.kill(os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            write(a=2)
    finally:
        signal.signal(signal.SIGINT, before)
    assert read() == {"a": 2}
    assert len(set(service.processes())) == 2


def _write_in_fork(key):
    write(**{key: key})


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_starts_a_child_of_its_own_in_a_forked_process(service):
    write(a=1)
    context = multiprocessing.get_context("fork")
    forks = [context.Process(target=_write_in_fork, args=(f"k{n}",)) for n in range(3)]
    for fork in forks:
        fork.start()
    for fork in forks:
        fork.join(5)
        assert fork.exitcode == 0
    write(b=2)
    assert service.stored() == {"a": 1, "k0": "k0", "k1": "k1", "k2": "k2", "b": 2}
    own, *others, last = service.processes()
    assert own == last and own not in others and len(set(others)) == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_does_not_wait_in_a_fork_for_a_lock_that_a_thread_of_the_parent_holds(service):
    write(a=1)
    with program._shared.lock:
        fork = multiprocessing.get_context("fork").Process(target=_write_in_fork, args=("k",))
        fork.start()
        fork.join(5)
        assert fork.exitcode == 0


def test_keeps_the_keys_of_all_threads(service):
    threads = [threading.Thread(target=write, kwargs={f"k{n}": n}) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert service.stored() == {f"k{n}": n for n in range(8)}


def test_ends_the_child_with_the_configuration_that_it_was_started_for(service):
    assert clients.place() == "local"
    program.configure({"VDK_CONTROL_SERVICE_REST_API_URL": "http://127.0.0.1:9"}, "o" * 80)
    assert clients.place() == "http://127.0.0.1:9"
    write(a=1)
    assert service.requests()[0]["op_id"] == "o" * 64


def test_names_the_program_that_cannot_start(service, monkeypatch):
    (service.folder / "broken").touch()
    with pytest.raises(Invalid, match=r"ended with exit code 1.*GLIBC_2.99 not found") as raised:
        write(a=1)
    assert raised.value.blame == "config"
    monkeypatch.setenv("VDK_NATIVE_PROGRAM", "/nowhere/vdk-native")
    with pytest.raises(Invalid, match="/nowhere/vdk-native: No such file or directory"):
        write(a=1)
    monkeypatch.delenv("VDK_NATIVE_PROGRAM")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Invalid, match="PATH does not contain it"):
        write(a=1)


def test_logs_notes_of_the_program(tmp_path, caplog):
    command = ["/bin/sh", "-c", "echo first >&2; printf second >&2; read line; echo '{}'"]
    with caplog.at_level(logging.INFO, "vdk.plugin.native"):
        started = child.Child(command, dict(os.environ))
        assert started.ask(b"\n") == {}
        started.close()
        assert started.last_note() == "second"
    assert [record.getMessage() for record in caplog.records] == ["first", "second"]


def test_passes_large_documents(service):
    value = "0123456789" * 300_000
    write(large=value)
    assert read() == {"large": value}


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), b"s3cret", {"a": {1, 2}}, "\ud800s3cret", object()]
)
def test_rejects_values_that_are_no_json(service, value):
    with pytest.raises(Invalid) as raised:
        write(a=value)
    assert raised.value.blame == "user"
    assert raised.value.__context__ is None
    assert "s3cret" not in str(raised.value)
    assert service.requests() == []


def test_rejects_values_that_are_nested_too_deep(service):
    value = []
    for _ in range(200_000):
        value = [value]
    with pytest.raises(Invalid):
        write(a=value)
    while value:
        value = value.pop()


def test_passes_values_unchanged(service):
    values = {"z": 2**100, "a": {"y": 1, "b": [None, True, 1.5]}, "text": "\U0001f511 ü\n"}
    write(**values)
    assert json.dumps(read()) == json.dumps(values)


def test_serves_a_signal_handler_during_a_request(service):
    service.store({"a": 1})
    assert read() == {"a": 1}

    def save(*_):
        write(saved=True)
        service.go_on()

    before = signal.signal(signal.SIGUSR1, save)
    try:
        service.fail("slow")
        service.once_asked(2, lambda: os.kill(os.getpid(), signal.SIGUSR1))
        assert read() == {"a": 1}
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert service.stored() == {"a": 1, "saved": True}


def test_reads_integers_that_python_refuses(service):
    digits = "9" * 5000
    service.fail(f'{{"document": {{"n": {digits}, "a": 1}}, "version": 1}}')
    document = read()
    assert document["a"] == 1 and document["n"] > 1e308


@pytest.mark.parametrize(
    ("record", "program_in", "is_found"),
    [
        (b"../bin/vdk-native,sha256=x,1\n", "bin", True),
        (b"../bin/vdk-native,sha256=x,1\n", None, False),
        (b"../bin/vdk-native,,\n\xff", "bin", False),
        (b"../bin/vdk,,\n", "bin", False),
        # pip install --target: the list names a folder that pip did not use.
        (b"../../bin/vdk-native,,\n", "packages/bin", True),
        (None, "packages/bin", True),
    ],
)
def test_finds_the_program_of_its_own_installation(
    tmp_path, monkeypatch, record, program_in, is_found
):
    monkeypatch.delenv("VDK_NATIVE_PROGRAM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    package = tmp_path / "packages" / "vdk" / "plugin" / "native"
    lists = tmp_path / "packages" / "vdk_native-0.1.0.dist-info" / "RECORD"
    (tmp_path / "packages" / "vdk_native-0.0.1.dist-info" / "RECORD").mkdir(parents=True)
    for folder in (package, lists.parent, tmp_path / "packages" / "bin", tmp_path / "bin"):
        folder.mkdir(parents=True)
    if record is not None:
        lists.write_bytes(record)
    path = tmp_path / (program_in or "elsewhere") / "vdk-native"
    if program_in:
        path.write_text("")
        path.chmod(0o755)
    monkeypatch.setattr(program, "__file__", str(package / "program.py"))
    assert program.find() == (str(path) if is_found else None)
