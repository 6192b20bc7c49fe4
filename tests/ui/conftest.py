"""A workbench with a real workspace, a fake pane and fake pixels: no OpenGL, no child process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from lnm_desktop.app.models import Models
from lnm_desktop.app.session import Session
from lnm_desktop.formats.clinical_schema import load_default_schema
from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.backing_up import BackingUp
from lnm_desktop.ui.bookmarking import Bookmarking
from lnm_desktop.ui.bridge import Background
from lnm_desktop.ui.covering import Covering
from lnm_desktop.ui.history import History
from lnm_desktop.ui.notices import Notices
from lnm_desktop.ui.panels.annotations import AnnotationsPanel
from lnm_desktop.ui.panels.bookmarks import BookmarksPanel
from lnm_desktop.ui.panels.cases import CasesPanel
from lnm_desktop.ui.panels.clinical import ClinicalPanel
from lnm_desktop.ui.panels.look import LookPanel
from lnm_desktop.ui.panels.models import ModelsPanel
from lnm_desktop.ui.panels.results import ResultsPanel
from lnm_desktop.ui.panels.risk import RiskPanel
from lnm_desktop.ui.theme.tokens import DARK
from lnm_desktop.ui.window import MainWindow
from lnm_desktop.ui.wiring import Wiring
from lnm_desktop.ui.workbench import Panels, Workbench
from tests.ui.fake_pane import FakePane
from tests.ui.fixtures import FakePixels

if sys.platform == "linux" and not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # Qt aborts otherwise; what needs OpenGL is skipped


class Bench:
    """The workbench with its surroundings, as a test sees it."""

    def __init__(self, qtbot: QtBot, folder: Path, pixels: FakePixels) -> None:
        self.qtbot = qtbot
        self.folder = folder
        self.pixels = pixels
        schema = load_default_schema()
        self.actions = Actions(DARK)
        self.panels = Panels(
            CasesPanel(DARK),
            AnnotationsPanel(),
            ClinicalPanel(schema),
            ModelsPanel(schema, "auto"),
            ResultsPanel(),
            BookmarksPanel(),
            LookPanel(),
            RiskPanel(schema),
        )
        tabs = [("Annotations", self.panels.annotations), ("Bookmarks", self.panels.bookmarks)]
        tabs.append(("Clinical", self.panels.clinical))
        tabs.append(("LNM", self.panels.risk))
        tabs += [("Models", self.panels.models), ("View", self.panels.look)]
        self.window = MainWindow(self.actions, self.panels.cases, tabs, self.panels.results)
        qtbot.addWidget(self.window)
        self.background, self.notices = Background(), Notices()
        self.models = Models(folder / "log", folder / "cache")
        self.bench = Workbench(self.window, self.panels, pixels, self.models, self.background, self.notices, "tester")
        self.wiring = Wiring(self.actions, self.bench)
        self.bookmarking = Bookmarking(self.actions, self.bench)
        self.covering = Covering(self.actions, self.bench)
        self.backing_up = BackingUp(self.actions, self.bench)
        self.history = History(self.actions, self.bench)
        self.session = Session.open(folder / "workspace", author="tester", schema=schema)
        self.pane = FakePane()
        self.bench.panes.make = FakePane  # type: ignore[assignment]
        self.bench.use_session(self.session)
        self.bench.set_pane(self.pane)  # type: ignore[arg-type]

    def wait(self, condition: Callable[[], object]) -> None:
        """Serve events until something is true."""
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=20_000)

    def open_slide(self, name: str = "slide.svs") -> None:
        """Open a slide by its file and wait for it."""
        self.bench.open_paths([self.folder / name])
        self.wait(lambda: self.bench.current.image is not None and self.background.idle)

    def close(self) -> None:
        """Let everything go."""
        self.covering.close()
        self.bench.close()


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    """A workbench with an empty workspace."""
    made = Bench(qtbot, tmp_path, FakePixels())
    yield made
    made.close()


@pytest.fixture
def uncalibrated(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    """A workbench whose slides do not tell their pixel size."""
    made = Bench(qtbot, tmp_path, FakePixels(mpp=0))
    yield made
    made.close()
