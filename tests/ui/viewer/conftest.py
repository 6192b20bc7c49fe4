"""Panes on a real OpenGL canvas; tests that need one are skipped where there is no display."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from lnm_desktop.domain.image import ImageInfo
from tests.fakes.formula_reader import FormulaReader, slide_info

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from lnm_desktop.ui.viewer.pane import ViewerPane

ShowSlide = Callable[..., "tuple[ViewerPane, FormulaReader]"]


@pytest.fixture
def pane(qtbot: QtBot) -> Iterator[ViewerPane]:
    """An empty pane of 900 × 700 on the screen."""
    from lnm_desktop.ui.viewer.pane import ViewerPane

    pane = ViewerPane()
    pane.resize(900, 700)
    with qtbot.waitExposed(pane, timeout=30_000):
        pane.show()
    yield pane
    pane.close()
    pane.deleteLater()
    qtbot.wait(50)


@pytest.fixture
def show_slide(pane: ViewerPane) -> ShowSlide:
    """Show a formula slide and wait until it is sharp."""

    def show(info: ImageInfo | None = None) -> tuple[ViewerPane, FormulaReader]:
        reader = FormulaReader(info or slide_info())
        pane.show_image(reader, "formula slide", reader.info.calibration)
        assert pane.wait_until_sharp(30_000)
        return pane, reader

    return show
