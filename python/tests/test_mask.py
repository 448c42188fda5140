import io
import json
import logging
import random

import pytest
from vdk.plugin.native import mask


@pytest.fixture
def log():
    """Yields a logger, its filter, and a function that returns what was logged."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    added = mask.MaskFilter()
    handler.addFilter(added)
    logger = logging.getLogger(f"job-{id(stream)}")
    logger.propagate = False
    logger.addHandler(handler)
    return logger, added, stream.getvalue


@pytest.mark.parametrize("value", ["abc", "prod", "5432", "", "größe", 123456, True, None, ["x"]])
def test_leaves_what_occurs_everywhere(value):
    assert list(mask.forms({"prod-key": value})) == []


def test_has_every_text_at_any_depth_but_no_names():
    found = set(mask.forms({"private_key": ["p-1d", {"name_of_it": "s3cr&t"}]}))
    assert found == {"p-1d", "s3cr&t"}


def test_has_the_lines_of_a_text_and_the_text_without_its_line_end():
    found = set(mask.forms("first line\r\nshort\nsecond line?\n"))
    assert {"first line", "second line?", "first line\r\nshort\nsecond line?"} <= found
    assert "short" not in found


def test_masks_messages_arguments_and_tracebacks(log):
    logger, added, logged = log
    added.add(["s3cret-value", 'it\'s "a" pässword\\'])
    logger.warning("dsn %s", "postgres://u:s3cret-value@h")
    logger.warning("%r", {"k": 'it\'s "a" pässword\\'})
    logger.warning(json.dumps(['it\'s "a" pässword\\']))
    logger.warning("100%% s3cret-value")
    try:
        raise ValueError("s3cret-value")
    except ValueError:
        logger.exception("failed")
    logger.warning("%d and more", "s3cret-value")
    text = logged()
    assert "s3cret" not in text and "ssword" not in text
    assert "dsn postgres://u:***@h" in text and "ValueError: ***" in text
    assert "Traceback" in text


def test_masks_the_longest_of_secrets_that_contain_each_other(log):
    logger, added, logged = log
    added.add(["s3cret", "s3cret-and-more"])
    logger.warning("s3cret-and-more s3cret-andX")
    assert logged() == "*** ***-andX\n"


def test_keeps_records_without_secrets_as_they_are(log):
    logger, added, _ = log
    added.add(["s3cret-value"])
    record = logger.makeRecord("n", logging.INFO, "f", 1, "a %s", ("b",), None)
    assert added.filter(record)
    assert (record.msg, record.args) == ("a %s", ("b",))


def test_masks_every_secret_in_every_place(log):
    logger, added, logged = log
    source = random.Random(4)
    alphabet = "ab1-'\"\\ü\n"
    secrets = ["".join(source.choices(alphabet, k=source.randint(4, 12))) for _ in range(100)]
    added.add(secrets)
    counted = [secret for secret in secrets if list(mask.forms(secret))]
    for secret in counted:
        logger.warning("x%sx %r %s", secret, secret, json.dumps(secret))
    text = logged()
    assert not [secret for secret in counted if secret in text.replace("***", "")]


def test_installs_one_filter_on_each_handler(monkeypatch):
    root = logging.getLogger()
    handler = logging.NullHandler()
    monkeypatch.setattr(mask, "_installed", None)
    mask.remember(["before-it-is-installed"])
    root.addHandler(handler)
    try:
        mask.install()
        mask.install()
        mask.remember(["s3cret-value"])
        assert len(handler.filters) == 1
        assert handler.filters[0].apply("a s3cret-value") == "a ***"
        assert "s3cret" not in repr(handler.filters[0])
    finally:
        root.removeHandler(handler)
        for other in root.handlers:
            other.removeFilter(mask._installed)


def test_keeps_a_job_going_whose_log_record_cannot_be_formatted(log):
    logger, added, logged = log
    added.add(["s3cret-value"])

    class Broken:
        def __repr__(self):
            raise RuntimeError("s3cret-value is not ready")

    logger.warning("state %s", Broken())
    logger.warning("state %s %s", "s3cret-value")  # noqa: PLE1206
    assert "s3cret" not in logged()
    assert logged().count("could not be formatted") == 2


def test_masks_what_callers_add_for_structured_formatters(log):
    logger, added, _ = log
    added.add(["s3cret-value"])
    record = logger.makeRecord("n", 20, "f", 1, "a", (), None, extra={"dsn": "u:s3cret-value@h"})
    added.filter(record)
    assert record.dsn == "u:***@h"


def test_does_not_mask_blanks():
    assert list(mask.forms("     ")) == []
