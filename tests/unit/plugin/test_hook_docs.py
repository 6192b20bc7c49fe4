"""The reference of hooks names exactly the hooks that there are, with their arguments."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from lnm_desktop.plugin import hookspecs
from lnm_desktop.plugin.host import HOOKS
from lnm_desktop.plugin.spec import API_VERSION

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "plugin-hooks.md").read_text(encoding="utf-8")


def test_every_hook_has_its_heading_and_no_other_is_named() -> None:
    signatures = [f"{name}({', '.join(inspect.signature(getattr(hookspecs, name)).parameters)})" for name in HOOKS]
    assert re.findall(r"^## (lnm_.*)$", TEXT, re.MULTILINE) == signatures


def test_every_hook_says_when_it_is_called() -> None:
    assert all("Called" in (getattr(hookspecs, name).__doc__ or "") for name in HOOKS)


def test_the_version_of_the_interface_is_true() -> None:
    assert f"`API_VERSION` = {API_VERSION}" in TEXT
