"""Where things live on disk. `LNM_HOME` moves everything below one folder (tests, portable use)."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent


def _home() -> Path | None:
    home = os.environ.get("LNM_HOME")
    return Path(home) if home else None


def data_dir() -> Path:
    """The user's data: workspaces, installed plugins."""
    home = _home()
    return home / "data" if home else platformdirs.user_data_path("lnm-desktop", appauthor=False)


def cache_dir() -> Path:
    """What can be made again: plugin manifests."""
    home = _home()
    return home / "cache" if home else platformdirs.user_cache_path("lnm-desktop", appauthor=False)


def log_dir() -> Path:
    """Logs of the application and of its child processes."""
    home = _home()
    return home / "log" if home else platformdirs.user_log_path("lnm-desktop", appauthor=False)


def config_dir() -> Path:
    """Settings."""
    home = _home()
    return home / "config" if home else platformdirs.user_config_path("lnm-desktop", appauthor=False)


def default_workspace() -> Path:
    """The workspace that opens when none is named."""
    return data_dir() / "workspace"


def resource(*parts: str) -> Path:
    """A file of `resources/`: inside the installed package, or beside it in a source checkout."""
    packed = _PACKAGE / "resources"
    root = packed if packed.is_dir() else _PACKAGE.parent / "resources"
    return root.joinpath(*parts)


def user_guide() -> Path:
    """The user guide, Markdown: it is shipped with the resources, and stands in `docs/` of a source checkout."""
    packed = resource("help", "user-guide.md")
    return packed if packed.is_file() else _PACKAGE.parent / "docs" / "user-guide.md"
