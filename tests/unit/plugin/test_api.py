"""The interface of plugins is exactly what it says."""

from __future__ import annotations

import ast
from pathlib import Path

from lnm_desktop import api


def test_all_names_exactly_what_is_imported() -> None:
    tree = ast.parse(Path(api.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert sorted(imported) == sorted(api.__all__)
    assert len(set(api.__all__)) == len(api.__all__)


def test_every_name_is_documented() -> None:
    undocumented = [
        name for name in api.__all__ if isinstance(getattr(api, name), type) and not getattr(api, name).__doc__
    ]
    assert undocumented == []
