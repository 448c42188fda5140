import json
import random

import pytest
from vdk.plugin.native import Invalid, clients, errors

JOB = ("ingest", "sales")
# What the program answers to a write of unknown outcome, which the stand-in has stored.
UNKNOWN = json.dumps({"error": {"what": "Not known."}, "exit": 7, "blame": "platform"})
VALUES = [0, 1, True, 1.0, 1.5, None, "", "1", [], [1], [True], {}, {"a": 1}, {"a": 1.0}, 2**70]


def apply(document, change):
    """Applies a change as the program does."""
    after = {**document, **change.get("set", {})}
    for key in change.get("delete", []):
        after.pop(key, None)
    return after


def any_document(source):
    keys = source.sample("abcdefgh", source.randint(0, 8))
    return {key: source.choice(VALUES) for key in keys}


def text(document):
    return json.dumps(document, sort_keys=True)


def test_makes_the_document_of_the_base():
    source = random.Random(1)
    for _ in range(1000):
        base, document = any_document(source), any_document(source)
        change = clients.difference(clients.texts(base), document)
        assert text(apply(base, change)) == text(document)


def test_sends_nothing_that_is_unchanged():
    source = random.Random(2)
    for _ in range(1000):
        base = any_document(source)
        assert clients.difference(clients.texts(base), dict(base)) == {}
        document = any_document(source)
        change = clients.difference(clients.texts(base), document)
        assert all(
            key not in base or text(base[key]) != text(value)
            for key, value in change.get("set", {}).items()
        )
        assert all(key in base and key not in document for key in change.get("delete", []))


def test_keeps_what_others_change_meanwhile():
    source = random.Random(3)
    for _ in range(1000):
        base, document, others = (any_document(source) for _ in range(3))
        stored = apply(base, clients.difference(clients.texts(base), others))
        merged = apply(stored, clients.difference(clients.texts(base), document))
        for key in {*base, *document, *others}:
            mine = text([base.get(key), key in base]) != text([document.get(key), key in document])
            wanted = document if mine else others
            assert text([merged.get(key), key in merged]) == text([wanted.get(key), key in wanted])


def test_stores_what_the_job_set_and_what_others_added(service):
    client = clients.Client("secrets")
    service.store({"a": 1, "b": 2})
    document = client.read(*JOB)
    service.store({"a": 1, "b": 2, "other": 3})
    del document["b"]
    document["mine"] = 4
    assert client.write(*JOB, document) is document
    assert service.stored() == {"a": 1, "other": 3, "mine": 4}
    document["mine"] = 5
    client.write(*JOB, document)
    assert service.stored() == {"a": 1, "other": 3, "mine": 5}
    client.write(*JOB, {})
    assert service.stored() == {"other": 3}


def test_replaces_a_document_that_was_never_read(service):
    service.store({"a": 1}, "properties")
    client = clients.Client("properties")
    client.write(*JOB, {"b": 2})
    assert service.requests()[0]["replace"] == {"b": 2}
    client.write(*JOB, {"b": 2})
    assert len(service.requests()) == 1
    assert service.stored("properties") == {"b": 2}


def test_does_not_send_numbers_that_the_job_does_not_touch(service):
    service.store('{"price": 1.50, "beyond": 1e999, "long": 3.14159265358979323846}')
    client = clients.Client("secrets")
    document = client.read(*JOB)
    document["new"] = 1
    client.write(*JOB, document)
    assert service.requests()[-1]["set"] == {"new": 1}
    assert "delete" not in service.requests()[-1]


@pytest.mark.parametrize("one, other", [(1, True), (1, 1.0), (0, False), ([1], [True])])
def test_sends_values_that_python_takes_for_equal(service, one, other):
    service.store({"k": one})
    client = clients.Client("secrets")
    client.write(*JOB, {**client.read(*JOB), "k": other})
    assert text(service.stored()) == text({"k": other})


def test_finds_changes_inside_of_values_that_were_read(service):
    service.store({"k": {"list": [1]}})
    client = clients.Client("secrets")
    document = client.read(*JOB)
    document["k"]["list"].append(2)
    client.write(*JOB, document)
    assert service.stored() == {"k": {"list": [1, 2]}}


def test_keeps_the_base_when_a_write_fails(service):
    service.store({"a": 1})
    client = clients.Client("secrets")
    document = client.read(*JOB)
    document["b"] = 2
    service.fail('{"error": {"what": "Full."}, "exit": 6, "blame": "platform"}')
    with pytest.raises(Exception, match="Full"):
        client.write(*JOB, document)
    client.write(*JOB, document)
    assert service.requests()[-1]["set"] == {"b": 2}


@pytest.mark.parametrize("document", [{"k": float("nan")}, {"k": b"x"}, {1: "x"}, {"k": {1, 2}}])
def test_rejects_documents_that_are_no_json(service, document, monkeypatch):
    monkeypatch.setattr(clients, "for_job", lambda error: error)
    service.store({"a": 1})
    client = clients.Client("secrets")
    with pytest.raises(Invalid):
        client.write(*JOB, document)
    client.read(*JOB)
    with pytest.raises(Invalid):
        client.write(*JOB, document)
    assert service.stored() == {"a": 1}


def test_leaves_out_a_team_that_is_not_set(service):
    clients.Client("secrets").read("ingest", None)
    clients.Client("secrets").read("ingest", "")
    assert all("team" not in request for request in service.requests())


@pytest.mark.parametrize("fault", ["die_after", "broken", UNKNOWN])
@pytest.mark.parametrize(
    "document", [{"a": 2, "k": 9}, {"k": 9}, {"a": 1, "k": 9, "new": 5}, {"new": 5}]
)
def test_undoes_a_write_whose_outcome_was_unknown(service, fault, document):
    service.store({"a": 1, "k": 9})
    client = clients.Client("secrets")
    before = client.read(*JOB)
    service.fail(fault)
    with pytest.raises(Exception) as raised:
        client.write(*JOB, document)
    assert not errors.own_error(raised.value).is_outcome_known
    assert service.stored() == document
    client.write(*JOB, before)
    assert service.stored() == {"a": 1, "k": 9}


def test_forgets_a_write_that_surely_failed(service):
    service.store({"a": 1})
    client = clients.Client("secrets")
    document = client.read(*JOB)
    service.fail(json.dumps({"error": {"what": "No."}, "exit": 6, "blame": "platform"}))
    with pytest.raises(Exception) as raised:
        client.write(*JOB, {**document, "new": 5})
    assert errors.own_error(raised.value).is_outcome_known
    service.store({"a": 1, "new": "of another job"})
    client.write(*JOB, {"a": 2})
    assert service.stored()["new"] == "of another job"
