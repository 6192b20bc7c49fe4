"""What the command line prints: one JSON object per command with `--json`, else words and tables."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lnm_desktop.errors import LnmError

WORDS = Console(highlight=False, soft_wrap=True)
ERRORS = Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(data: Any) -> None:
    """One line of strict JSON on stdout; a number that is not finite becomes null."""
    sys.stdout.write(json.dumps(_finite(data), ensure_ascii=False) + "\n")


def print_table(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """A table for a person; numbers are given as text with their unit. Brackets stand for themselves."""
    table = Table(title=escape(title), title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    WORDS.print(table)


def print_error(error: LnmError, *, as_json: bool) -> None:
    """The failure in words on stderr, or as an object on stdout."""
    if as_json:
        print_json({**error.to_dict(), "exit_code": error.exit_code})
        return
    ERRORS.print(f"[bold red]Error:[/] {escape(error.message)}")
    if error.hint:
        ERRORS.print(f"       {escape(error.hint)}")


def _finite(data: Any) -> Any:
    if isinstance(data, float):
        return data if math.isfinite(data) else None
    if isinstance(data, dict):
        return {str(key): _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    return data
