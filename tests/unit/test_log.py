"""Nothing that may name a patient reaches a log."""

from __future__ import annotations

import logging
from pathlib import Path

from lnm_desktop.log import PhiFilter, Safe, redact


def written(message: str, *arguments: object, error: Exception | None = None) -> str:
    """What the filter lets through of one record."""
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("lnm_desktop.x", logging.INFO, "f.py", 1, message, arguments, info)
    PhiFilter().filter(record)
    return logging.Formatter("%(message)s").format(record)


def test_paths_and_texts_are_hashed_numbers_and_safe_words_stay() -> None:
    line = written(
        "opened %s for %s in %d ms by %s", Path("/data/Doe_Jane.svs"), "Jane Doe", 12, Safe("pixel-server")
    )
    assert "Doe" not in line
    assert "12 ms by pixel-server" in line


def test_exception_texts_are_dropped_their_place_stays() -> None:
    try:
        raise ValueError("cannot read /data/Doe_Jane.svs")
    except ValueError as error:
        line = written("failed", error=error)
    assert "Doe" not in line
    assert "ValueError at test_log.py" in line


def test_the_same_value_hashes_alike() -> None:
    assert redact("a") == redact("a") != redact("b")
