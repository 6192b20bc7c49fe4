"""Is this machine able to do the work? Each check says what it saw and what to do."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from PIL import Image

from lnm_desktop import __version__, paths
from lnm_desktop.app.models import Models
from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.errors import ImageError, LnmError
from lnm_desktop.formats.clinical_schema import load_default_schema
from lnm_desktop.imaging.remote import PixelServer
from lnm_desktop.store.folder_kind import danger_of
from lnm_desktop.store.workspace import sqlite_version

MINIMUM_FREE_BYTES = 2 * 1024**3
LIBRARIES = ("openslide-bin", "tifffile", "pydicom", "napari", "PySide6_Essentials", "torch", "safetensors")


@dataclass(frozen=True)
class Check:
    """One finding: `ok`, what was seen, and what to do when it is not."""

    name: str
    ok: bool
    seen: str
    remedy: str = ""


def examine(models: Models) -> tuple[Check, ...]:
    """Run every check; none of them needs a screen."""
    checks = [_python(), *_libraries(), _sqlite(), _disk(), _workspace(), _display(), _schema(), _pixel_server()]
    return (*checks, *_plugins(models), *_devices(models))


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check(
        "Python", sys.version_info >= (3, 11), f"{version}, LNM Desktop {__version__}", "Use Python 3.11 or newer."
    )


def _libraries() -> Iterator[Check]:
    for name in LIBRARIES:
        try:
            yield Check(name, True, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Check(name, False, "not installed", "Run `python3 installer/bootstrap.py install` again.")


def _sqlite() -> Check:
    return _guarded("SQLite", sqlite_version)


def _disk() -> Check:
    folder = paths.data_dir()
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    remedy = "Free some space; workspaces and predictions are kept there."
    return Check("Disk", free >= MINIMUM_FREE_BYTES, f"{free / 1024**3:.1f} GiB free for workspaces", remedy)


def _workspace() -> Check:
    danger = danger_of(paths.default_workspace().parent)
    seen = f"{danger}: edits are slower there, and a lost connection may cost the last one" if danger else "on a disk"
    return Check("Workspace", not danger, seen, "Keep workspaces on a disk of this computer (`lnm workspace copy`).")


def _display() -> Check:
    found = sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    seen = "present" if found else "none: `lnm` works, the window needs a screen or xvfb-run"
    return Check("Display", True, seen)


def _schema() -> Check:
    return _guarded("Clinical schema", lambda: f"{len(load_default_schema().fields)} fields")


def _pixel_server() -> Check:
    return _guarded("Pixel server", _read_across_the_border)


def _read_across_the_border() -> str:
    """Open a small picture in a pixel server and read it back."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "doctor.png"
        Image.new("RGB", (64, 64), (200, 30, 120)).save(picture)
        server = PixelServer(paths.log_dir() / "pixel-server.log")
        try:
            with server.open(picture) as reader:
                pixels = reader.read_region(RegionRequest(reader.info.region))
        finally:
            server.close()
    if tuple(pixels[32, 32]) != (200, 30, 120):
        raise ImageError("the pixel server gave wrong pixels", hint="Install again; a codec is damaged.")
    return "reads a picture correctly"


def _plugins(models: Models) -> Iterator[Check]:
    for state in models.plugins():
        seen = state.problem or ", ".join(item.spec.id for item in state.models) or "no models"
        yield Check(
            f"Plugin {state.name} {state.version}", not state.problem, seen, "See its log; it can be uninstalled."
        )


def _devices(models: Models) -> Iterator[Check]:
    for state in models.plugins():
        if state.models and not state.problem:
            model_id = state.models[0].spec.id
            yield _guarded("Compute device", lambda model_id=model_id: ", ".join(models.client(model_id).probe()))
            return


def _guarded(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except LnmError as error:
        return Check(name, False, error.message, error.hint)
