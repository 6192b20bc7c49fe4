"""Where the other pipelines' virtual environments lie."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import platformdirs


def peers_folder() -> Path:
    """The folder that LNM_PEERS names, or one beside the caches of this user."""
    return Path(os.environ.get("LNM_PEERS") or platformdirs.user_cache_path() / "lnm-benchmark-peers")


def peers_python(folder: Path, name: str) -> Path:
    """The interpreter of one pipeline's environment, which need not exist."""
    return folder / name / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
