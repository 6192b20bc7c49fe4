"""Speaking to a worker loads neither torch nor a screen."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("torch", "PySide6", "napari", "openslide", "pluggy")


def test_the_client_is_light() -> None:
    code = f"import sys, lnm_desktop.inference.client; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
