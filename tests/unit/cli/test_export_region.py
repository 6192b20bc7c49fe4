"""`lnm export-region` cuts out what it is told, and says what it wrote."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from lnm_desktop.cli import export_region
from lnm_desktop.cli.main import lnm, main
from lnm_desktop.domain.annotation import AnnotationSet, new_annotation
from lnm_desktop.domain.geometry import Region, rectangle
from lnm_desktop.formats.annotations import save_annotations
from tests.fakes.slides import a_picture

SVS = Path("slides/aperio_svs/CMU-1-Small-Region.svs")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["lnm", "export-region", *map(str, arguments)])
    return main()


def answer(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    return json.loads(capsys.readouterr().out)


def test_a_region_at_a_pixel_size(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "area.png"
    box = ("--region", 100, 200, 1000, 900)
    assert run(monkeypatch, shared_data / SVS, "--out", out, *box, "--mpp", 0.998, "--scale-bar", "--json") == 0
    wanted = {"file": str(out), "width_px": 500, "height_px": 450, "mpp_x": 0.998, "mpp_y": 0.998, "notes": []}
    assert answer(capsys) == wanted
    with Image.open(out) as image:
        assert image.size == (500, 450)


def test_all_of_a_slide_as_ome_tiff(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shared_data: Path) -> None:
    out = tmp_path / "all.ome.tif"
    assert run(monkeypatch, shared_data / SVS, "--out", out, "--all", "--magnification", 10, "--lossless") == 0
    assert tifffile.imread(out).shape == (1484, 1110, 3)


def test_annotations_of_a_file_are_drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    slide, drawn = a_picture(tmp_path / "slide.png"), tmp_path / "drawn.geojson"
    save_annotations(drawn, AnnotationSet((new_annotation(rectangle(Region(20, 20, 40, 30)), color="#00FF00"),)))
    arguments = ("--all", "--downsample", 1, "--annotations", drawn)
    assert run(monkeypatch, slide, "--out", tmp_path / "out.png", *arguments) == 0
    with Image.open(tmp_path / "out.png") as image:
        pixels = np.asarray(image)
    assert tuple(pixels[35, 20]) == (0, 255, 0)
    assert tuple(pixels[35, 40]) == (230, 230, 230)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--all", "--mpp", 1), 15),
        (("--region", 900, 0, 10, 10, "--downsample", 1), 10),
        (("--all", "--downsample", 0.5), 10),
        (("--all",), 2),
        (("--downsample", 1), 2),
        (("--all", "--region", 0, 0, 9, 9, "--downsample", 1), 2),
        (("--all", "--mpp", 1, "--downsample", 1), 2),
    ],
)
def test_what_is_wrong_has_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: tuple[object, ...], code: int
) -> None:
    slide = a_picture(tmp_path / "slide.png")
    assert run(monkeypatch, slide, "--out", tmp_path / "out.png", *arguments) == code
    assert not (tmp_path / "out.png").exists()


def test_help_has_an_example() -> None:
    assert "Example: lnm export-region" in (export_region.command.__doc__ or "")
    assert "export-region" in {command.name for command in lnm.registered_commands}
