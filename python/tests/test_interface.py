import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from vdk.plugin import native

ROOT = str(Path(__file__).parents[1])


@pytest.mark.parametrize("kind", ["secrets", "properties"])
def test_sets_gets_replaces_and_deletes(service, kind):
    values = getattr(native, kind)("ingest", "sales")
    values.set({"a": 1, "b": "two"})
    values.set({"c": None})
    assert values.all() == {"a": 1, "b": "two", "c": None}
    assert (values.get("a"), values.get("c", 3), values.get("d", 4)) == (1, None, 4)
    values.delete("a", "not-there")
    assert values.all() == {"b": "two", "c": None}
    values.replace({"e": []})
    assert values.all() == {"e": []}


def test_reads_a_document_only_when_it_has_changed(service):
    values = native.secrets("ingest", "sales")
    values.set({"a": 1})
    document, version = values.read()
    assert document == {"a": 1}
    assert values.read(unless=version) is None
    values.set({"a": 2})
    assert values.read(unless=version) == ({"a": 2}, 2)


def test_sends_nothing_when_there_is_nothing_to_change(service):
    values = native.secrets("ingest", "sales")
    values.set({})
    values.delete()
    assert service.requests() == []


def test_shows_no_value(service):
    values = native.secrets("ingest", "sales")
    values.set({"a": "s3cret-value"})
    assert repr(values) == "secrets('ingest', 'sales')"


def test_rejects_keys_that_are_no_text(service):
    values = native.properties("ingest", "sales")
    for change in (lambda: values.set({1: "x"}), lambda: values.delete(["a"])):
        with pytest.raises(native.Invalid, match="A key of the properties is invalid"):
            change()


@pytest.mark.parametrize(
    "answer, kind",
    [
        ('"exit": 2, "blame": "config"', native.Invalid),
        ('"exit": 2, "status": 400, "blame": "user"', native.Invalid),
        ('"exit": 2, "status": 413, "blame": "user"', native.Invalid),
        ('"exit": 3, "status": 401, "blame": "config"', native.NotAllowed),
        ('"exit": 3, "status": 403, "blame": "user"', native.NotAllowed),
        ('"exit": 4, "status": 404, "blame": "user"', native.NotFound),
        ('"exit": 4, "blame": "user"', native.NotFound),
        ('"exit": 5, "blame": "platform"', native.Conflict),
        ('"exit": 6, "status": 501, "blame": "platform"', native.Unavailable),
        ('"exit": 7, "blame": "platform"', native.Unavailable),
        ('"exit": 99, "blame": "nobody"', native.Unavailable),
    ],
)
def test_raises_the_class_of_the_error(service, answer, kind):
    parts = '"what": "W.", "why": "Y.", "consequences": "C.", "countermeasures": "M."'
    service.fail('{"error": {' + parts + "}, " + answer + "}")
    with pytest.raises(kind) as raised:
        native.secrets("ingest", "sales").all()
    error = raised.value
    assert (error.what, error.why, error.consequences, error.countermeasures) == (
        "W.",
        "Y.",
        "C.",
        "M.",
    )
    assert str(error) == "W. Y. C. M."
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind and copy.parts() == error.parts() and copy.blame == error.blame


def test_needs_neither_vdk_core_nor_third_party_packages():
    code = (
        f"import sys; sys.path.insert(0, {ROOT!r}); import vdk.plugin.native.plugin;"
        "assert not any(name.startswith(('vdk.internal', 'vdk.api', 'pluggy')) "
        "for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-B", "-I", "-S", "-c", code], check=True)
