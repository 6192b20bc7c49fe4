"""Install the pipelines that `inference.py` compares itself with, each into a virtual environment of its own.

    python benchmarks/inferring/install_peers.py FOLDER [--only tiatoolbox fast]

They take about 25 GB, since four of them bring a torch of their own. What does not install is said and left out;
the benchmark runs what there is. Afterwards set LNM_PEERS=FOLDER, or leave FOLDER out to use the default place.
FAST also needs these of the system, on Debian: ocl-icd-libopencl1 pocl-opencl-icd libopengl0 libusb-1.0-0;
Slideflow needs libvips42, and gcc while it is installed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))

from inferring.places import peers_folder, peers_python  # noqa: E402

OPENSLIDE = ("openslide-python", "openslide-bin")
TORCH_PAIR = ("torch==2.14.1", "torchvision==0.29.1")
STEPS: dict[str, tuple[tuple[str, ...], ...]] = {
    "tiatoolbox": (("tiatoolbox", *OPENSLIDE, "safetensors"),),
    "fast": (("pyfast", "numpy", "safetensors"),),
    "wsinfer": (
        TORCH_PAIR,
        # Its last release needs what was current in February 2024.
        (
            *("wsinfer", *OPENSLIDE, "safetensors", "numpy<2", "pandas<2.3", "scipy<1.14", "scikit-image<0.25"),
            *("opencv-python-headless<4.11", "zarr<3", "numcodecs<0.16", "tiffslide<2.5", "tifffile<2025"),
            "imagecodecs<2025",
        ),
    ),
    "lazyslide": (TORCH_PAIR, ("lazyslide", *OPENSLIDE, "safetensors")),
    "slideflow": (
        # Its dependency pyrfr has no wheel: it is built here, with gcc and the headers of Python.
        (*TORCH_PAIR, "swig<4.3", "wheel", "numpy"),
        ("setuptools<70", "pyrfr", "--no-build-isolation"),
        ("slideflow", "safetensors"),
        ("setuptools<70",),  # it still asks for pkg_resources
    ),
}


def main() -> None:
    """Make every environment that is asked for and say what came of it."""
    arguments = _arguments()
    results = {name: _install(name, arguments.folder) for name in arguments.only}
    for name, trouble in results.items():
        print(f"{name}: {trouble or 'installed'}")
    sys.exit(all(results.values()))


def _install(name: str, folder: Path) -> str:
    """Why it could not be installed, or nothing."""
    home = folder / name
    venv.create(home, with_pip=True, clear=True)
    python = peers_python(folder, name)
    own = {**os.environ, "PATH": os.pathsep.join([str(python.parent), os.environ["PATH"]])}  # swig is found there
    for packages in STEPS[name]:
        command = [str(python), "-m", "pip", "install", "--no-cache-dir", *packages]
        pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
        run = subprocess.run(command, env=own, check=False, **pipes)
        if run.returncode:
            shutil.rmtree(home)
            errors = [line for line in run.stderr.splitlines() if "error" in line.lower()]
            return f"not installed: {(errors or run.stderr.splitlines() or ['no words'])[-1].strip()}"
    return ""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=peers_folder())
    parser.add_argument("--only", nargs="+", choices=list(STEPS), default=list(STEPS))
    return parser.parse_args()


if __name__ == "__main__":
    main()
