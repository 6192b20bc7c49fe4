#!/usr/bin/env python3
"""Everything from a fresh checkout to a running program, with the standard library alone.

    python3 installer/bootstrap.py demo     prepare a demo case, predict, export, open the window
    python3 installer/bootstrap.py app      open the empty window
    python3 installer/bootstrap.py test     lint, types, contracts, tests, a start of the real window
    python3 installer/bootstrap.py install  only make the virtual environment

Makes `.venv`, installs pinned dependencies and the first-party plugins, checks the system libraries
that Qt and OpenGL need. A second run finds all that done and starts at once.
"""

from __future__ import annotations

import ctypes.util
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
CONSTRAINTS = ROOT / "installer" / "constraints.txt"
PLUGINS = tuple(sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml")))
PIP = "pip==26.3"
GROUPS = ("test", "check")

# Debian package -> the library whose presence shows that it is there (headless and bare desktops lack some).
SYSTEM_LIBRARIES = {
    "libegl1": "EGL",
    "libgl1": "GL",
    "libdbus-1-3": "dbus-1",
    "libfontconfig1": "fontconfig",
    "libglib2.0-0": "glib-2.0",
    "libx11-xcb1": "X11-xcb",
    "libxkbcommon0": "xkbcommon",
    "libxkbcommon-x11-0": "xkbcommon-x11",
    "libxcb-cursor0": "xcb-cursor",
    "libxcb-icccm4": "xcb-icccm",
    "libxcb-image0": "xcb-image",
    "libxcb-keysyms1": "xcb-keysyms",
    "libxcb-randr0": "xcb-randr",
    "libxcb-render-util0": "xcb-render-util",
    "libxcb-shape0": "xcb-shape",
    "libxcb-xinerama0": "xcb-xinerama",
    "libxcb-xkb1": "xcb-xkb",
}
SYSTEM_FILES = {
    "libgl1-mesa-dri": "/usr/lib/*/dri/*_dri.so",
    "fonts-dejavu-core": "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
}
VIRTUAL_SCREEN = {"xvfb": "Xvfb", "xauth": "xauth"}


def main(arguments: list[str]) -> int:
    """Run one of the verbs; anything after it is handed to the program."""
    verb, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    verbs = {"demo": demo, "app": app, "test": test, "install": install_only}
    if verb not in verbs:
        print(__doc__)
        return 0 if verb in ("help", "-h", "--help") else 2
    try:
        return verbs[verb](rest)
    except subprocess.CalledProcessError as error:
        print(
            f"\nStopped: `{' '.join(map(str, error.cmd))}` failed with exit code {error.returncode}.", file=sys.stderr
        )
        return error.returncode or 1


def demo(rest: list[str]) -> int:
    """Prepare the demo case, run the prediction, export, and open the window."""
    check_system(needs_screen=False)
    install()
    return on_screen([str(program("lnm")), "demo", *rest])


def app(rest: list[str]) -> int:
    """Open the window."""
    check_system(needs_screen=False)
    install()
    return on_screen([str(program("python")), "-m", "lnm_desktop", "--window", *rest])


def install_only(_rest: list[str]) -> int:
    """Make the virtual environment and stop."""
    install()
    return 0


def test(rest: list[str]) -> int:
    """All checks, fastest first; the graphics tests run on a virtual screen."""
    os.chdir(ROOT)
    check_system(needs_screen=True)
    install(GROUPS)
    python = str(program("python"))
    checks = [
        [python, "-m", "ruff", "format", "--check", "."],
        [python, "-m", "ruff", "check", "."],
        [str(program("lint-imports"))],
        [python, "-m", "pyright", "--pythonpath", python],
        [python, "-m", "pytest", "-q", "-n", "2", "-m", "not gl", *rest],
    ]
    for command in checks:
        step(command)
    show = virtual_screen if sys.platform == "linux" else on_screen
    return show([python, "-m", "pytest", "-q", "-m", "gl", *rest])


def step(command: list[str], **environment: str) -> None:
    """Run one command, showing it. Raises CalledProcessError."""
    print("\n$ " + " ".join(Path(part).name if part.startswith(str(VENV)) else part for part in command), flush=True)
    subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, **environment})


def on_screen(command: list[str]) -> int:
    """Run with the display that there is, else on a virtual one."""
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform != "linux":
        return subprocess.run(command, check=False).returncode
    check_system(needs_screen=True)
    return virtual_screen(command)


def virtual_screen(command: list[str]) -> int:
    """Run under Xvfb with software OpenGL."""
    environment = {**os.environ, "LNM_VIRTUAL_SCREEN": "1"}
    runner = ["xvfb-run", "-a", "-s", "-screen 0 1920x1080x24 +extension GLX"]
    print("\n$ " + " ".join([runner[0], *(Path(part).name for part in command[:1]), *command[1:]]), flush=True)
    return subprocess.run([*runner, *command], check=False, env=environment).returncode


def install(groups: tuple[str, ...] = ()) -> None:
    """Make `.venv` with exactly the pinned versions; nothing is done when it already is so."""
    stamp, wanted = VENV / "lnm-installed", fingerprint(groups)
    if stamp.is_file() and wanted in stamp.read_text().split():
        return
    if not has_pip():
        make_venv()
    python = str(program("python"))
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "-q"]
    step([*pip, PIP])
    extra = [item for group in groups for item in ("--group", group)]
    editable = [item for folder in (ROOT, *PLUGINS) for item in ("-e", str(folder))]
    step([*pip, "-c", str(CONSTRAINTS), *extra, *editable])
    stamp.write_text(f"{wanted}\n{fingerprint(())}\n")


def has_pip() -> bool:
    """False where the environment is missing or its making was interrupted."""
    python = program("python")
    ask = [python, "-m", "pip", "--version"]
    return python.exists() and subprocess.run(ask, check=False, capture_output=True).returncode == 0


def make_venv() -> None:
    """Make `.venv`, installing Debian's venv package first where it is missing and may be installed."""
    print(f"Making {VENV.name} with Python {sys.version.split()[0]}", flush=True)
    try:
        venv.create(VENV, with_pip=True, clear=True)
    except (subprocess.CalledProcessError, ImportError):
        apt_install([f"python3.{sys.version_info.minor}-venv"])
        venv.create(VENV, with_pip=True, clear=True)


def fingerprint(groups: tuple[str, ...]) -> str:
    """Hash of all that decides what gets installed."""
    digest = hashlib.sha256(" ".join(groups).encode())
    for file in (ROOT / "pyproject.toml", CONSTRAINTS, *(folder / "pyproject.toml" for folder in PLUGINS)):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def program(name: str) -> Path:
    """A program of the virtual environment."""
    folder, suffix = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")
    return VENV / folder / f"{name}{suffix}"


def check_system(*, needs_screen: bool) -> None:
    """See that the shared libraries are there; install them with apt where that is allowed."""
    if sys.version_info < (3, 11):
        sys.exit(f"LNM Desktop needs Python 3.11 or newer, this is {sys.version.split()[0]}.")
    if sys.platform != "linux":
        return
    missing = [package for package, library in SYSTEM_LIBRARIES.items() if not ctypes.util.find_library(library)]
    missing += [package for package, pattern in SYSTEM_FILES.items() if not any(Path("/").glob(pattern[1:]))]
    if needs_screen:
        missing += [package for package, command in VIRTUAL_SCREEN.items() if not shutil.which(command)]
    if missing:
        apt_install(missing)


def apt_install(packages: list[str]) -> None:
    """Install Debian packages as root; otherwise print the line to run and stop."""
    line = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if not is_root or not shutil.which("apt-get"):
        sys.exit("Missing system packages. Run this, then start again:\n\n  sudo " + " ".join(line))
    step(["apt-get", "update", "-qq"])
    step([*line, "-qq"], DEBIAN_FRONTEND="noninteractive")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
