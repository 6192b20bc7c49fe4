"""Named loggers whose records carry no identifying text.

Paths and free text may name a patient, so a record keeps the application's own words and replaces every
argument that is not a number, an enumeration or a listed safe type by a keyed hash.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from logging.handlers import RotatingFileHandler
from pathlib import Path

_SALT = secrets.token_bytes(16)


class Safe(str):
    """Text that is known to identify nobody: identifiers, class names, model ids."""


def redact(value: object) -> object:
    """Numbers and `Safe` text as they are; anything else as a hash that is stable within one process."""
    if value is None or isinstance(value, bool | int | float | Safe):
        return value
    digest = hashlib.blake2s(str(value).encode("utf-8", "replace"), key=_SALT, digest_size=5)
    return f"<{type(value).__name__} {digest.hexdigest()}>"


class PhiFilter(logging.Filter):
    """Redacts arguments and drops exception texts, keeping the exception's type and place."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, dict):
            record.args = {key: redact(value) for key, value in record.args.items()}
        elif record.args:
            record.args = tuple(redact(value) for value in record.args)
        if record.exc_info:
            record.msg = f"{record.msg} [{place_of(record.exc_info[1])}]"
            record.exc_info = None
            record.exc_text = None
        return True


def place_of(error: BaseException | None) -> str:
    """`Type at file:line` of the innermost frame; the message is left out, it may hold a path."""
    if error is None or error.__traceback__ is None:
        return type(error).__name__
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{type(error).__name__} at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"


def start_logging(file: Path, level: int = logging.INFO) -> None:
    """Send the application's records to a rotating file (1 MB, 3 kept)."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(file, maxBytes=1_000_000, backupCount=3, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    handler.addFilter(PhiFilter())
    logger = logging.getLogger("lnm_desktop")
    logger.setLevel(level)
    logger.addHandler(handler)
    logger.propagate = False


def get_logger(name: str) -> logging.Logger:
    """The logger of one module."""
    return logging.getLogger(name)
