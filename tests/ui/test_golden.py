"""Panels as they were last looked at and found right; `LNM_UPDATE_GOLDEN=1` takes new pictures to look at."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QCursor, QFont, QFontDatabase, QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from lnm_desktop.app.compare_runs import compare_runs
from lnm_desktop.app.run_history import PastRun
from lnm_desktop.domain.annotation import AnnotationGroup, AnnotationSet, new_annotation
from lnm_desktop.domain.case import CaseImage
from lnm_desktop.domain.clinical import Absent, ClinicalField, ClinicalRecord, ClinicalSchema, FieldKind
from lnm_desktop.domain.geometry import Point, Size
from lnm_desktop.domain.ids import CaseId, ImageId, RunId
from lnm_desktop.domain.image import Channel, ImageKind, Photometric, Window
from lnm_desktop.domain.prediction import HeatmapGrid
from lnm_desktop.formats.prediction_bundle import Bundle
from lnm_desktop.plugin.risk_reasons import reasons
from lnm_desktop.store.records import PredictionRecord
from lnm_desktop.ui.panels.annotations import AnnotationsPanel
from lnm_desktop.ui.panels.clinical import ClinicalPanel
from lnm_desktop.ui.panels.look import LookPanel
from lnm_desktop.ui.panels.models import ModelsPanel
from lnm_desktop.ui.panels.results import ResultsPanel
from lnm_desktop.ui.panels.risk import RiskPanel
from lnm_desktop.ui.run_check import RunContext
from lnm_desktop.ui.theme.stylesheet import apply_theme, set_role
from lnm_desktop.ui.viewer.view_state import ChannelView, Look, StainView
from tests.fakes.formula_reader import series_info, slide_info
from tests.fakes.risks import sum_of_fields
from tests.ui.fixtures import a_box, a_calibration, a_model, a_plugin, a_prediction, a_triangle

GOLDEN = Path(__file__).parent / "golden"
FONT = "DejaVu Sans"
SIZE_PX = (380, 960)
UPDATE = bool(os.environ.get("LNM_UPDATE_GOLDEN"))
MOST_DIFFERENCE = 0.1
"""Mean absolute difference of 8-bit channels."""
MOST_OTHER_PIXELS = 0.0001
"""Share of pixels of which a channel differs by more than CLEARLY."""
CLEARLY = 24

SCHEMA = ClinicalSchema(
    "golden",
    1,
    (
        ClinicalField("age", "Age at diagnosis", FieldKind.NUMBER, "Patient", "years", 18, 110),
        ClinicalField("grade", "Nottingham grade", FieldKind.CHOICE, "Biopsy", choices=("1", "2", "3")),
        ClinicalField("palpable", "Palpable axillary node", FieldKind.BOOLEAN, "Biopsy"),
        ClinicalField("nodes", "Positive nodes", FieldKind.NUMBER, "Surgery", minimum=0, preoperative=False),
    ),
)
IMAGE = CaseImage(ImageId("i"), CaseId("c"), ImageKind.SLIDE, "slide.svs", "slide")


def clinical() -> QWidget:
    panel = ClinicalPanel(SCHEMA)
    panel.show_record(ClinicalRecord({"age": 54.0, "grade": "2", "palpable": Absent.UNKNOWN}))
    return panel


def annotations() -> QWidget:
    groups = (AnnotationGroup("Tumor", "#D55E00"), AnnotationGroup("Lymph node", "#009E73"))
    drawn = AnnotationSet(groups=groups)
    for geometry, group in ((a_triangle(), groups[0]), (a_box(), groups[1])):
        name = f"{group.name} 1"
        drawn = drawn.add(new_annotation(geometry, group.name, name=name, color=group.color, author="tester"))
    panel = AnnotationsPanel()
    panel.show_annotations(drawn, a_calibration(0.5))
    return panel


def models() -> QWidget:
    card = {"intended_use": "Research: where a section looks like metastasis.", "not_for": "Diagnosis, staging."}
    panel = ModelsPanel(SCHEMA, "auto")
    panel.show_plugins([a_plugin(a_model(**card))])
    panel.show_context(RunContext(IMAGE))
    return panel


def results() -> QWidget:
    prediction = replace(
        a_prediction(), heatmaps=(HeatmapGrid("p", "Tumour probability", 4, 3, Point(0, 0), Size(9, 9)),)
    )
    record = PredictionRecord(RunId("r" * 32), IMAGE.id, "test-model", "1.2.0", "", prediction.scores, "")
    panel = ResultsPanel()
    panel.show_runs((record,))
    panel.show_facts((PastRun(record, prediction, ("Age at diagnosis was 51, and is 60.",)),))
    panel.show_prediction(prediction, synthetic_model=True, synthetic_input=False)
    panel.heatmap.set_threshold(0.31)
    return panel


def comparison() -> QWidget:
    grid = HeatmapGrid("p", "Tumour probability", 4, 3, Point(0, 0), Size(9, 9))
    values = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    one = Bundle(replace(a_prediction(), heatmaps=(grid,)), {"p": values})
    two = Bundle(replace(one.prediction, id=RunId("s" * 32)), {"p": values**2})
    panel = results()
    assert isinstance(panel, ResultsPanel)
    panel.show_comparison(compare_runs(one, two), synthetic_model=True, synthetic_input=False)
    return panel


def look() -> QWidget:
    panel = LookPanel()
    panel.show_image(replace(slide_info(), icc="Aperio RGB"))
    panel.colors.show_look(Look(0.1, 1.3, stain=StainView.EOSIN))
    return panel


def look_channels() -> QWidget:
    channels = (Channel("DAPI", "#3060ff"), Channel("HER2", "#20c060"))
    info = replace(slide_info(), photometric=Photometric.GREY, dtype="uint16", channels=channels)
    panel = LookPanel()
    panel.show_image(info)
    views = (ChannelView(0, True, "#3060ff", 120, 4_000), ChannelView(1, False, "#20c060", 0, 65_535))
    panel.channels.show_channels(info, views)
    return panel


def look_scan() -> QWidget:
    panel = LookPanel()
    panel.show_image(series_info(window=Window(600, 1200)))
    panel.window_controls.show_window(Window(640, 900), inverted=True)
    return panel


def risk() -> QWidget:
    model, values = sum_of_fields(), {"age": 95.0}
    panel = RiskPanel(SCHEMA)
    panel.show_models([model.spec], model.spec.id)
    panel.show_answer(model.spec, reasons(model, {**values, "grade": None}), model.population(), values)
    panel.show_if("If Nottingham grade: 3: 60 % (95 % interval 52–67 %)")
    return panel


PANELS = (clinical, annotations, models, results, comparison, risk, look, look_channels, look_scan)


@pytest.fixture
def plain_text(qtbot: QtBot) -> None:
    """The font and the Qt that the pictures were taken with, else there is nothing to compare."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    if FONT not in QFontDatabase.families():
        pytest.skip(f"the font {FONT} is not installed")
    taken_with = (GOLDEN / "qt-version.txt").read_text(encoding="utf-8").strip()
    if taken_with != qVersion() and not UPDATE:
        pytest.skip(f"pictures were taken with Qt {taken_with}, this is {qVersion()}")


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("build", PANELS, ids=lambda build: build.__name__)
@pytest.mark.usefixtures("plain_text")
def test_panel_looks_as_it_did(qtbot: QtBot, build: Callable[[], QWidget], theme: str, tmp_path: Path) -> None:
    file = GOLDEN / f"{build.__name__}-{theme}.png"
    image = picture_of(qtbot, build, theme)
    if UPDATE:
        image.save(str(file))
        (GOLDEN / "qt-version.txt").write_text(f"{qVersion()}\n", encoding="utf-8")
        return
    seen, expected = pixels(image), pixels(QImage(str(file)))
    assert seen.shape == expected.shape
    difference = np.abs(seen.astype(int) - expected)
    others = float((difference.max(axis=-1) > CLEARLY).mean())
    image.save(str(tmp_path / file.name))
    told = f"{file.name}: mean difference {difference.mean():.3f}, {others:.2%} other pixels; see {tmp_path}"
    assert difference.mean() <= MOST_DIFFERENCE, told
    assert others <= MOST_OTHER_PIXELS, told


def settled(qtbot: QtBot, panel: QWidget) -> QImage:
    """The panel once it looks the same twice: on a busy machine its layout takes several rounds."""
    before = QImage()
    for _ in range(40):
        qtbot.wait(50)
        image = panel.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        if image == before:
            break
        before = image
    return before


def picture_of(qtbot: QtBot, build: Callable[[], QWidget], theme: str) -> QImage:
    """The panel in the theme and font, at its fixed size, one device pixel per pixel."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    before, sheet, palette = application.font(), application.styleSheet(), application.palette()
    font = QFont(FONT, 10)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    application.setFont(font)
    try:
        apply_theme(application, theme)
        panel = build()
        qtbot.addWidget(panel)
        panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        set_role(panel, "surface")
        panel.resize(*SIZE_PX)
        panel.show()
        QCursor.setPos(application.primaryScreen().geometry().bottomRight())  # nothing is hovered over
        qtbot.waitExposed(panel)
        return settled(qtbot, panel)
    finally:
        application.setStyleSheet(sheet)
        application.setPalette(palette)
        application.setFont(before)


def pixels(image: QImage) -> NDArray[np.uint8]:
    """Rows × columns × 3."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : plain.width() * 3].reshape(plain.height(), plain.width(), 3).copy()
