"""Owns the removal of secrets from the log records of a data job.

A secret reaches a log through a message, its arguments or a traceback, often by a library that the
job does not control. The rule which texts are looked for is that of ``vdk secrets exec``
(``crates/vdk-client/src/run/forms.rs``), without numbers, percent-encoding and base64.
"""

from __future__ import annotations

import json
import logging
from typing import Any, Iterable, Iterator

MASK = "***"
# Shorter texts occur everywhere.
_SHORTEST = 4
# Texts of fewer characters count only if they are not all letters or all digits: prod, 5432.
_SHORT = 6
_SHORTEST_LINE = 8
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__)


def forms(value: Any) -> Iterator[str]:
    """Yields the texts in which the secrets in `value` can occur in a log."""
    if isinstance(value, str):
        yield from _forms_of_text(str(value))
    elif isinstance(value, dict):
        # The names of members are not secrets, and many are words of every log.
        for member in value.values():
            yield from forms(member)
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from forms(member)


def _forms_of_text(text: str) -> Iterator[str]:
    is_word = text.isalpha() or (text.isascii() and text.isdigit())
    if len(text) < _SHORTEST or (len(text) < _SHORT and is_word) or text.isspace():
        return
    yield text
    yield repr(text)[1:-1]
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    if len(lines) > 1:
        for line in lines:
            line = line[:-1] if line.endswith("\r") else line
            if len(line) >= _SHORTEST_LINE:
                yield line
    # Programs cut the line end of a value from a file.
    if len(text.strip()) < len(text):
        yield from _forms_of_text(text.strip())


class MaskFilter(logging.Filter):
    """Replaces secrets in log records by ``***``. Belongs on handlers, which see all records."""

    def __init__(self) -> None:
        super().__init__()
        self._found: set[str] = set()
        self._texts: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<MaskFilter of {len(self._texts)} texts>"

    def add(self, values: Iterable[Any]) -> None:
        """Adds the secrets in `values` to what is replaced."""
        for value in values:
            self._found.update(list(forms(value)))
        # Again if another thread added some. Not with a lock, which a fork may copy locked.
        while len(self._texts) < len(self._found):
            # Longest first: a secret may be a part of another.
            self._texts = tuple(sorted(self._found.copy(), key=len, reverse=True))

    def apply(self, text: str) -> str:
        """Returns `text` without secrets."""
        for secret in self._texts:
            if secret in text:
                text = text.replace(secret, MASK)
        return text

    def filter(self, record: logging.LogRecord) -> bool:
        """Masks `record` in place, so that all handlers after this one see it masked."""
        if not self._texts:
            return True
        try:
            message = record.getMessage()
            shown = self.apply(message)
        except Exception:  # noqa: BLE001 - of a __str__ or __repr__ of the job
            # logging would print the record with its arguments, and the job goes on.
            message, shown = "", "A log record could not be formatted."
        if shown != message:
            record.msg, record.args = shown, None
        if record.exc_info and not record.exc_text:
            try:
                record.exc_text = logging.Formatter().formatException(record.exc_info)
            except Exception:  # noqa: BLE001 - as above
                record.exc_text = "A traceback could not be formatted."
        if record.exc_text:
            masked = self.apply(record.exc_text)
            if masked != record.exc_text:
                # Without exc_info no formatter can render the traceback again, unmasked.
                record.exc_text, record.exc_info = masked, None
        if record.stack_info:
            record.stack_info = self.apply(record.stack_info)
        for name, value in record.__dict__.items():
            # What a caller gave as `extra`, for formatters that show it.
            if isinstance(value, str) and name not in _STANDARD:
                record.__dict__[name] = self.apply(value)
        return True


_installed: MaskFilter | None = None


def install() -> None:
    """Adds the filter to the handlers of the root logger. May be called again for new handlers."""
    global _installed
    _installed = _installed or MaskFilter()
    for handler in logging.getLogger().handlers:
        handler.addFilter(_installed)


def remember(values: Iterable[Any]) -> None:
    """Masks the secrets in `values` from now on, if the filter is installed."""
    if _installed is not None:
        _installed.add(values)
