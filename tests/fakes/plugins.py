"""Small plugins written to disk as distributions, well-behaved or not."""

from __future__ import annotations

from pathlib import Path

from lnm_desktop.plugin.discovery import InstalledPlugin, installed_plugins

PLUGIN = """
from lnm_desktop.api import ModelSpec, hookimpl

@hookimpl
def lnm_register_models(register):
    register(ModelSpec(
        id="{model_id}", version="1.0", title="Darkness (made up)", task="tile-classification",
        classes=("light", "dark"), resolution_mpp=1.0, tile_px=64, operating_point=0.5, synthetic=True,
    ), "{package}.model:Model")
"""

MODEL = """
import numpy as np
from lnm_desktop.api import TileClassifier

class Model(TileClassifier):
    backend = "numpy"

    def load(self, device, weights):
        pass

    def classify(self, tiles):
        dark = 1 - tiles[:, 16:48, 16:48].mean(axis=(1, 2, 3), dtype=np.float64) / 255
        return np.stack([1 - dark, dark], axis=1).astype(np.float32)
"""


def classify_with(body: str, head: str = "") -> str:
    """A model whose `classify(self, tiles)` has this body (indented by nothing)."""
    indented = "\n".join(" " * 8 + line for line in body.strip().splitlines())
    start = MODEL[: MODEL.index("        dark = ")]
    return f"{head}\n{start}{indented}\n"


def install_fake(
    folder: Path, name: str = "fake-darkness", *, plugin: str = PLUGIN, model: str = MODEL, model_id: str = ""
) -> InstalledPlugin:
    """Write a distribution into `folder` as an installer would, and find it there."""
    package = name.replace("-", "_")
    home = folder / package
    home.mkdir(parents=True)
    (home / "__init__.py").write_text("")
    source = plugin.replace("{package}", package).replace("{model_id}", model_id or name)
    (home / "plugin.py").write_text(source)
    (home / "model.py").write_text(model)
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[lnm_desktop]\n{name} = {package}.plugin\n")
    files = [f"{package}/{file}" for file in ("__init__.py", "plugin.py", "model.py")]
    files += [f"{info.name}/{file}" for file in ("METADATA", "entry_points.txt", "RECORD")]
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))
    return next(found for found in installed_plugins([folder]) if found.distribution == name)
