"""Rows S14, S15 and S18: a slide that is not all there, states no true size, or is not the one that was drawn on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom.uid import VLWholeSlideMicroscopyImageStorage
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from typer.testing import CliRunner

from lnm_desktop.app.export import export_annotations
from lnm_desktop.cli.main import lnm
from lnm_desktop.domain.annotation import AnnotationSet, new_annotation
from lnm_desktop.domain.geometry import Point, Region, rectangle
from lnm_desktop.domain.image import ImageInfo
from lnm_desktop.errors import CalibrationMissing, ImageDamaged, ImageUnsupported
from lnm_desktop.imaging.fingerprint import fingerprint, quick_fingerprint
from lnm_desktop.plugin.model import ModelInputs
from lnm_desktop.plugin.tile_classifier import TileOptions, plan_run
from tests.faults.slides import a_pyramid, a_small_slide, an_aperio_slide, texture
from tests.faults.trial import Trial
from tests.unit.imaging.builders import a_dicom

VMS = """[Virtual Microscope Specimen]
NoLayers=1
NoJpegColumns=1
NoJpegRows=1
ImageFile=picture.jpg
MapFile=map.jpg
OptimisationFile=picture.opt
"""
SLIDEDAT = """\ufeff[HIERARCHICAL]
INDEXFILE = Index.dat
[DATAFILE]
FILE_COUNT = 2
FILE_0 = Data0000.dat
FILE_1 = Data0001.dat
"""


def a_vms(path: Path) -> list[Path]:
    """A made-up Hamamatsu list with the pictures that it names; gives those."""
    path.write_text(VMS)
    parts = [path.parent / "picture.jpg", path.parent / "map.jpg"]
    for part in parts:
        Image.fromarray(texture(64)).save(part)
    return parts


def a_mrxs(path: Path, *, head: str = "") -> list[Path]:
    """A made-up MIRAX slide without pixels; gives its files."""
    folder = path.with_suffix("")
    folder.mkdir()
    Image.fromarray(texture(64)).save(path, "JPEG")
    if head:
        path.write_text(head)
    (folder / "Slidedat.ini").write_text(SLIDEDAT)
    names = ("Index.dat", "Data0000.dat", "Data0001.dat")
    for name in names:
        (folder / name).write_bytes(name.encode() * 100)
    return [folder / "Slidedat.ini", *(folder / name for name in names)]


@pytest.mark.parametrize("missing", [0, 1])
def test_s14_vms_companion_missing(trial: Trial, missing: int) -> None:
    path = trial.path(".vms")
    gone = a_vms(path)[missing]
    gone.unlink()
    trial.refused(path, ImageDamaged, f"its file {gone.name} is missing")


@pytest.mark.parametrize("head", ["", "a text instead of a picture"], ids=["jpeg", "text"])
@pytest.mark.parametrize("missing", range(4))
def test_s14_mrxs_companion_missing(trial: Trial, missing: int, head: str) -> None:
    path = trial.path(".mrxs")
    gone = a_mrxs(path, head=head)[missing]
    gone.unlink()
    trial.refused(path, ImageDamaged, f"its file {path.stem}/{gone.name} is missing")


def test_s14_mrxs_folder_missing(trial: Trial) -> None:
    path = trial.path(".mrxs")
    a_mrxs(path)
    shutil.rmtree(path.with_suffix(""))
    trial.refused(path, ImageDamaged, f"its file {path.stem}/Slidedat.ini is missing")


@pytest.mark.parametrize("name", ["../../map.jpg", "/etc/hostname"])
def test_s14_a_list_that_leads_out_of_its_folder_is_not_followed(trial: Trial, name: str) -> None:
    path = trial.path(".vms")
    a_vms(path)
    path.write_text(VMS.replace("map.jpg", name))
    trial.refused(path, ImageUnsupported, "names files outside its folder")


CENTIMETRE = {"resolutionunit": "CENTIMETER"}
SIZES: dict[str, Callable[[Path], Path]] = {
    "missing": lambda path: a_small_slide(path, resolution=None, resolutionunit=None),
    "no unit": lambda path: a_small_slide(path, resolution=(20_000, 20_000), resolutionunit="NONE"),
    "zero": lambda path: a_small_slide(path, resolution=(0, 0), **CENTIMETRE),
    "screen": lambda path: a_small_slide(path, resolution=(72, 72), resolutionunit="INCH"),
    "x is not y": lambda path: a_small_slide(path, resolution=(20_000, 40_000), **CENTIMETRE),
    "absurdly fine": lambda path: a_small_slide(path, resolution=(4_000_000_000, 4_000_000_000), **CENTIMETRE),
    **{
        f"aperio {text}": lambda path, text=text: an_aperio_slide(path, mpp=text)
        for text in ("", "0", "nan", "inf", "-0.5", "1e9", "1e-9", "about half")
    },
}


@pytest.mark.parametrize("case", SIZES)
def test_s15_no_length_is_told_without_a_true_pixel_size(trial: Trial, qtbot: QtBot, case: str) -> None:
    path = SIZES[case](trial.path(".svs" if case.startswith("aperio") else ".tif"))
    with trial.opened(path) as slide:
        info = slide.info
        with pytest.raises(CalibrationMissing):
            plan_run(ModelInputs(slide, info.calibration), TileOptions(), 0.5, 96)
    assert not info.calibration.is_known
    assert np.isnan(info.calibration.mpp)
    assert any("lengths are not shown until a pixel size is given" in warning for warning in info.warnings)
    check_screens(qtbot, info)
    check_command_line(path)
    check_exports(trial.folder)


def check_screens(qtbot: QtBot, info: ImageInfo) -> None:
    """What the status line, the scale bar's state and the table of annotations say."""
    from lnm_desktop.ui.panels.annotations import AnnotationsPanel
    from lnm_desktop.ui.viewer.scale_entry import scale_words
    from lnm_desktop.ui.viewer.view_state import ViewState
    from lnm_desktop.ui.widgets.status import position_words

    view = ViewState(None, None, 2.0, Point(0, 0))
    words = [position_words(Point(3, 4), info.calibration), scale_words(view, info.calibration)]
    panel = AnnotationsPanel()
    qtbot.addWidget(panel)
    panel.show_annotations(AnnotationSet(), info.calibration)
    model = panel.table.model()
    words += [str(model.headerData(n, Qt.Orientation.Horizontal)) for n in range(model.columnCount())]
    assert any("px²" in text for text in words)
    assert "pixel size unknown" in words[1]
    assert not [text for text in words if "µm" in text or "mm" in text]


def check_command_line(path: Path) -> None:
    told = CliRunner().invoke(lnm, ["inspect", str(path), "--json"])
    assert told.exit_code == 0, told.output
    assert '"mpp_x": null' in told.output
    assert '"mpp_source": "unknown"' in told.output
    table = CliRunner().invoke(lnm, ["inspect", str(path)])
    assert "unknown" in table.output


def check_exports(folder: Path) -> None:
    """Annotations leave in level-0 pixels, with no length in any other unit."""
    drawn = AnnotationSet((new_annotation(rectangle(Region(10, 10, 50, 40)), "Tumor"),))
    for suffix in (".xml", ".geojson"):
        written = export_annotations(drawn, folder / f"drawn{suffix}").path.read_text()
        assert not [unit for unit in ("µm", "um²", "mm²", "mpp", "micro") if unit in written]


def a_whole_slide_part(path: Path, value: int) -> Path:
    """A file that claims to belong to a DICOM whole slide."""
    pixels = np.full((64, 64), value, np.uint16)
    return a_dicom(path, pixels, SOPClassUID=VLWholeSlideMicroscopyImageStorage, SeriesInstanceUID="1.2.3.4")


def _dicom_slide(folder: Path) -> tuple[Path, Path]:
    a_whole_slide_part(folder / "b.dcm", 2)
    return a_whole_slide_part(folder / "a.dcm", 1), folder / "b.dcm"


def _vms_slide(folder: Path) -> tuple[Path, Path]:
    return folder / "a.vms", a_vms(folder / "a.vms")[0]


def _mrxs_slide(folder: Path) -> tuple[Path, Path]:
    return folder / "a.mrxs", a_mrxs(folder / "a.mrxs")[2]


def _one_file(folder: Path) -> tuple[Path, Path]:
    path = a_pyramid(folder / "a.tif")
    return path, path


SLIDES: dict[str, Callable[[Path], tuple[Path, Path]]] = {
    "one file": _one_file,
    "dicom siblings": _dicom_slide,
    "vms companions": _vms_slide,
    "mirax folder": _mrxs_slide,
}


@pytest.mark.parametrize("kind", SLIDES)
@pytest.mark.parametrize("hash_of", [quick_fingerprint, fingerprint])
def test_s18_fingerprint_covers_every_file_of_a_slide(tmp_path: Path, kind: str, hash_of: Any) -> None:
    path, part = SLIDES[kind](tmp_path)
    before = hash_of(path)
    (tmp_path / "unrelated.txt").write_text("beside it")
    assert hash_of(path) == before
    data = bytearray(part.read_bytes())
    data[-30] ^= 1
    part.write_bytes(data)
    assert hash_of(path) != before


def test_s18_fingerprint_knows_a_moved_slide_again(trial: Trial) -> None:
    path = a_pyramid(trial.path(".tif"))
    copy = trial.path("-elsewhere.tif")
    shutil.copyfile(path, copy)
    other = a_pyramid(trial.path("-other.tif"), seed=8)
    with trial.opened(path) as one, trial.opened(copy) as two, trial.opened(other) as three:
        assert one.info.fingerprint == two.info.fingerprint == quick_fingerprint(path)
        assert three.info.fingerprint != one.info.fingerprint
