"""An export that would leave something out is asked about first; one that keeps all is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox

from lnm_desktop.app.commands import ReplaceAnnotation
from tests.ui.conftest import Bench
from tests.ui.fixtures import a_box


def export(bench: Bench, name: str, comment: str) -> Path:
    bench.open_slide()
    bench.pane.annotation_drawn.emit(a_box())
    bench.wait(lambda: len(bench.pane.annotations) == 1)
    session, image = bench.bench.current.session, bench.bench.current.image
    (drawn,) = session.annotations(image.id)
    if comment:
        session.execute(ReplaceAnnotation(image.id, replace(drawn, comment=comment)))
    bench.actions["export"].trigger()
    dialog = bench.window.findChild(QFileDialog)
    dialog.fileSelected.emit(str(bench.folder / name))
    dialog.reject()
    bench.wait(lambda: bench.background.idle)
    return bench.folder / name


@pytest.mark.parametrize(("answer", "written"), [("Write It", True), ("Cancel", False)])
def test_a_lost_comment_is_asked_about(bench: Bench, answer: str, written: bool) -> None:
    file = export(bench, "a.xml", "look again")
    box = bench.window.findChild(QMessageBox)
    assert "a.xml" in box.text()
    assert "The comment of 1 annotation is not kept." in box.informativeText()
    assert not file.exists()
    next(one for one in box.buttons() if one.text().replace("&", "") == answer).click()
    bench.wait(lambda: bench.background.idle)
    assert file.exists() is written


@pytest.mark.parametrize(("name", "comment"), [("a.geojson", "look again"), ("a.xml", "")])
def test_what_keeps_all_is_written_at_once(bench: Bench, name: str, comment: str) -> None:
    file = export(bench, name, comment)
    bench.wait(file.exists)
    assert bench.window.findChild(QMessageBox) is None
