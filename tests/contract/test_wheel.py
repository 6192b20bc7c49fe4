"""What an installed copy needs travels inside the wheel."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_wheel_holds_resources_and_both_entry_points(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=100)
    (wheel,) = tmp_path.glob("lnm_desktop-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        entry_points = archive.read(next(name for name in names if name.endswith("entry_points.txt"))).decode()
    resources = {str(path.relative_to(ROOT)) for path in (ROOT / "resources").rglob("*") if path.is_file()}
    assert {f"lnm_desktop/{name}" for name in resources} <= names
    assert "lnm_desktop/resources/help/user-guide.md" in names
    assert "lnm = lnm_desktop.__main__:command_line" in entry_points
    assert "lnm-desktop = lnm_desktop.__main__:window" in entry_points
    assert not any(name.startswith(("tests/", "shared/")) for name in names)
