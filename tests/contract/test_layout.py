"""Habits of the code base that a machine can check."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = sorted([*ROOT.glob("lnm_desktop/**/*.py"), *ROOT.glob("plugins/*/*/**/*.py"), *ROOT.glob("installer/*.py")])


def test_no_file_is_longer_than_400_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): count for path in PRODUCT if (count := len(path.read_text().splitlines())) > 400
    }
    assert long == {}


def test_every_module_says_what_passes_through_it() -> None:
    silent = [
        path
        for path in PRODUCT
        if path.read_text().strip() and ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert silent == []


def test_plugins_use_the_public_door_only() -> None:
    allowed = ("lnm_desktop.api", "lnm_desktop.learning", "lnm_desktop.evaluation")
    for path in ROOT.glob("plugins/*/*/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            private = [name for name in names if name.startswith("lnm_desktop") and not name.startswith(allowed)]
            assert private == [], path
