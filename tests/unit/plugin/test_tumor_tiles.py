"""The first-party plugin: what it registers is what lies beside it, and its network answers as a tile classifier."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lnm_desktop.plugin.discovery import InstalledPlugin, installed_plugins
from lnm_desktop.plugin.host import PluginHost

FOLDER = Path(__file__).resolve().parents[3] / "plugins" / "lnm-tumor-tiles" / "lnm_tumor_tiles"


@pytest.fixture(scope="module")
def plugin() -> InstalledPlugin:
    found = [plugin for plugin in installed_plugins() if plugin.distribution == "lnm-tumor-tiles"]
    if not found:
        pytest.skip("lnm-tumor-tiles is not installed: pip install -e plugins/lnm-tumor-tiles")
    return found[0]


def test_the_named_weights_and_operating_point_are_those_that_were_measured(plugin: InstalledPlugin) -> None:
    spec = PluginHost(plugin).find("lnm-tumor-tiles").spec
    evidence = json.loads((FOLDER / "evidence.json").read_text(encoding="utf-8"))
    weights = (FOLDER / spec.weights_file).read_bytes()
    assert spec.weights_sha256 == hashlib.sha256(weights).hexdigest()
    assert spec.operating_point == evidence["test"]["threshold_probability"]
    assert spec.version == plugin.version
    assert len(spec.card) > 500
    assert not spec.synthetic


def test_registering_loads_no_torch(plugin: InstalledPlugin) -> None:
    code = f"import sys, {plugin.entry}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_network_answers_probabilities_that_do_not_depend_on_pose_or_batch(plugin: InstalledPlugin) -> None:
    torch = pytest.importorskip("torch")
    model = PluginHost(plugin).load_model("lnm-tumor-tiles", "cpu")
    tiles = np.random.default_rng(0).integers(90, 256, (5, 96, 96, 3), dtype=np.uint8)
    with torch.inference_mode():
        together = model.classify_checked(tiles)  # type: ignore[attr-defined]
        alone = np.concatenate([model.classify_checked(tiles[i : i + 1]) for i in range(5)])  # type: ignore[attr-defined]
        turned = model.classify_checked(np.ascontiguousarray(np.rot90(tiles, axes=(1, 2))))  # type: ignore[attr-defined]
    assert together.shape == (5, 2)
    assert together.sum(axis=1) == pytest.approx(1, abs=1e-6)
    assert alone == pytest.approx(together, abs=1e-5)
    assert turned == pytest.approx(together, abs=1e-4)
