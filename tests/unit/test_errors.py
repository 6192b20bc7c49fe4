"""Errors survive a process border and every class has its own exit code."""

from __future__ import annotations

from lnm_desktop import errors
from lnm_desktop.errors import ImageDamaged, LnmError, from_dict


def test_an_error_survives_the_border() -> None:
    twin = from_dict(ImageDamaged("x is damaged", hint="copy it", name="x").to_dict())
    assert type(twin) is ImageDamaged
    assert (twin.message, twin.hint, twin.facts) == ("x is damaged", "copy it", {"name": "x"})


def test_an_unknown_class_becomes_the_root() -> None:
    assert type(from_dict({"error": "Nonsense", "message": "m"})) is LnmError


def test_exit_codes_are_distinct_and_the_tree_is_drawn() -> None:
    tree = errors._tree(LnmError)
    codes = [cls.exit_code for cls in tree.values()]
    assert len(set(codes)) == len(codes)
    drawn = errors.__doc__ or ""
    own = [name for name, cls in tree.items() if cls.__module__ == errors.__name__]
    assert [name for name in own if name not in drawn] == []
