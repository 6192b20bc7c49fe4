"""From a new case and typed fields to the probability, the nomogram and the PDF, by mouse and keyboard."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from lnm_desktop.domain.reading import Source
from lnm_desktop.ui.widgets.nomogram_dialog import NomogramDialog
from tests.e2e.real_window import RealWindow

pytestmark = [pytest.mark.gl, pytest.mark.timeout(300)]


def type_number(field: QWidget, text: str) -> None:
    entry = field.findChild(QLineEdit)
    assert entry is not None
    QTest.mouseClick(entry, Qt.MouseButton.LeftButton)
    QTest.keyClicks(entry, text)
    QTest.keyClick(entry, Qt.Key.Key_Return)


def choose(field: QWidget, words: str) -> None:
    box = field.findChild(QComboBox)
    assert box is not None
    box.setFocus()
    QTest.keyClicks(box, words)
    QTest.keyClick(box, Qt.Key.Key_Return)
    if box.currentText() == words:
        box.activated.emit(box.currentIndex())


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_from_the_form_to_the_pdf(window: RealWindow, tmp_path: Path, theme: str) -> None:
    desktop, bench, panel = window.desktop, window.bench, window.desktop.panels.risk
    window.wait(bench.settled)
    desktop.set_theme(theme)
    bench.add_case("SYNTHETIC-E2E")
    window.wait(lambda: bench.current.case is not None)
    case, session = bench.current.case, bench.current.session
    assert case is not None
    assert session is not None
    desktop.actions["panel-lnm"].trigger()
    window.wait(lambda: "Nothing is known" in panel.warnings.text())

    QTest.keyClick(panel.reading.first, Qt.Key.Key_Space)
    assert panel.area.isHidden()
    desktop.actions["panel-clinical"].trigger()
    fields = desktop.panels.clinical.fields
    type_number(fields["age"], "52")
    type_number(fields["tumor_size"], "31")
    choose(fields["grade"], "3")
    window.wait(lambda: {"age", "tumor_size", "grade"} <= session.clinical(case.id).values.keys())
    desktop.actions["panel-lnm"].trigger()
    assert panel.area.isHidden()
    panel.reading.estimate.number.setValue(0.3)
    QTest.mouseClick(panel.reading.keep, Qt.MouseButton.LeftButton)
    window.wait(lambda: len(session.readings(case.id)) == 2)
    own, shown = session.readings(case.id)
    assert (own.source, own.probability) == (Source.READER, 0.3)
    assert panel.number.text() == f"{100 * shown.probability:.0f} %"
    assert "Grade: 3" in panel.bars.accessibleName()

    QTest.mouseClick(panel.nomogram, Qt.MouseButton.LeftButton)
    window.wait(lambda: desktop.window.findChild(NomogramDialog) is not None)

    desktop.wiring.judging.write_report(tmp_path / "report")
    window.wait((tmp_path / "report" / "report.json").is_file)
    told = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert told["risk"]["risk"]["probability"] == pytest.approx(shown.probability)
    assert (tmp_path / "report" / "report.pdf").read_bytes().startswith(b"%PDF")
    assert desktop.window.grab().save(str(tmp_path / f"window-{theme}.png"))
