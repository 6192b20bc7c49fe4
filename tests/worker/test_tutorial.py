"""The tutorial's plugin, taken from its text, runs as the tutorial says."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from lnm_desktop.app.models import Models
from lnm_desktop.app.predict import predict
from tests.fakes.plugins import install_fake
from tests.fakes.slides import a_picture, a_request

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "write-a-plugin.md").read_text(encoding="utf-8")


def code_of(file: str) -> str:
    found = re.search(rf"`{re.escape(file)}`:\n\n```\w+\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None, file
    return found[1]


def test_the_plugin_of_the_tutorial_runs(tmp_path: Path) -> None:
    assert 'lnm-darkness = "lnm_darkness.plugin"' in code_of("pyproject.toml")
    plugin = install_fake(
        tmp_path / "plugins",
        "lnm-darkness",
        plugin=code_of("lnm_darkness/plugin.py"),
        model=code_of("lnm_darkness/model.py"),
    )
    image = a_picture(tmp_path / "synthetic.png")
    with Models(tmp_path / "log", tmp_path / "cache", search=lambda: [plugin]) as models:
        assert models.plugins()[0].problem == ""
        bundle = predict(models, a_request(image, tmp_path / "result", "lnm-darkness"))
    values = bundle.maps["dark"]
    assert values[2:4, 4:7] == pytest.approx(1 - (60 + 20 + 80) / 3 / 255, abs=1e-5)
    assert np.nanmin(values) == pytest.approx(1 - 230 / 255, abs=1e-5)
