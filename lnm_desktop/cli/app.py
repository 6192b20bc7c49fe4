"""`lnm app`: open the window."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import typer


def command(
    files: list[Path] = typer.Argument(None, help="Slides, DICOM files or folders to open."),
    workspace: Path | None = typer.Option(None, help="Workspace folder; the user's own by default."),
) -> None:
    """Open the window.

    Example: lnm app slide.svs
    """
    raise typer.Exit(open_window([*(["--workspace", str(workspace)] if workspace else []), *map(str, files or [])]))


def open_window(arguments: list[str]) -> int:
    """Start the window in a process of its own and wait for it; the command line itself never loads Qt."""
    return subprocess.run([sys.executable, "-m", "lnm_desktop", "--window", *arguments], check=False).returncode  # noqa: S603 - our own interpreter
