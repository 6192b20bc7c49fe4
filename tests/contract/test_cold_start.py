"""What a process may hold: the command line starts without torch, napari and Qt."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"torch", "napari", "PySide6", "vispy", "openslide", "tifffile", "pydicom"}


def modules_after(code: str) -> set[str]:
    """Names of top-level modules that a fresh interpreter holds after running the code."""
    script = code + "\nimport sys; print(' '.join({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def test_the_command_line_pulls_in_no_heavy_library() -> None:
    assert modules_after("import lnm_desktop.cli.main") & HEAVY == set()


def test_the_window_does_not_wait_for_what_only_reports_and_measures_need() -> None:
    late = {"torch", "scipy", "reportlab", "matplotlib", "sklearn"}
    assert modules_after("import lnm_desktop.ui.main") & late == set()


def test_the_check_can_fail() -> None:
    assert "openslide" in modules_after("import openslide") & HEAVY
