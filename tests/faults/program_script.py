"""Run as a process: the real program, and one thing that happens to it. `PART --workspace DIR [FILE …]`"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from lnm_desktop.app.session import Change
from lnm_desktop.domain.geometry import Geometry, Point, Region, rectangle
from lnm_desktop.ui import main as program
from lnm_desktop.ui.viewer.tools import Combine
from tests.faults.trial import CANARY

TIMES = 100
PATIENCE_S = 60.0


def say(*words: object) -> None:
    """One line for whoever started this."""
    print(*words, flush=True)


class Part(QObject):
    """Something that happens once the program runs; `step` is called again and again until it is true."""

    def __init__(self, desktop: program.Desktop) -> None:
        super().__init__()
        self.desktop = desktop
        self.bench = desktop.bench
        self._until_s = time.monotonic() + PATIENCE_S
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(20)

    def step(self) -> bool:
        """True when it has happened."""
        raise NotImplementedError

    def told(self) -> list[str]:
        return [notice.message for notice in self.desktop.notices]

    def close(self) -> None:
        self._timer.stop()
        self.desktop.window.close()

    def is_sharp(self) -> bool:
        pane = self.bench.pane
        return self.bench.settled() and pane is not None and self.bench.current.image is not None and pane.is_sharp

    def _look(self) -> None:
        if time.monotonic() > self._until_s:
            print("too late; told", self.told()[:5], file=sys.stderr)
            os._exit(9)
        if self.step():
            self._timer.stop()


class Failing(QWidget):
    """Defects of four kinds, each at a place of its own; their words identify somebody."""

    armed = False

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.armed:
            raise ZeroDivisionError(CANARY)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.User:
            raise ZeroDivisionError(CANARY)
        return False

    def slot(self) -> None:
        raise ZeroDivisionError(CANARY)

    def work(self) -> None:
        raise ZeroDivisionError(CANARY)


class Defects(Part):
    """Four defects, each of them a hundred times; then what was told."""

    def __init__(self, desktop: program.Desktop) -> None:
        super().__init__(desktop)
        self.widget = Failing(desktop.window)
        self.widget.show()
        desktop.window.installEventFilter(self.widget)
        self.count = 0

    def step(self) -> bool:
        if not self.bench.current.session:
            return False
        self.count += 1
        if self.count <= TIMES:
            self._provoke()
        if self.count < TIMES + 20:
            return False
        assert self.desktop.window.isVisible()
        say("told", json.dumps([words for words in self.told() if "OpenGL" not in words]))
        self.widget.armed = False
        self.close()
        return True

    def _provoke(self) -> None:
        self.widget.armed = True
        self.widget.update()
        QTimer.singleShot(0, self.widget.slot)
        QApplication.postEvent(self.desktop.window, QEvent(QEvent.Type.User))
        threading.Thread(target=self.widget.work).start()


class Quit(Part):
    """Closes the window while something goes on."""

    kind = "opening"

    def step(self) -> bool:
        busy = {"opening": self._opens, "run": self._runs, "export": self._exports, "reading": self._reads}
        return busy[self.kind]() and self._quit()

    def _opens(self) -> bool:
        if not self.is_sharp() or self.desktop.pixels.pid is None or self.bench.current.image is None:
            return False
        os.kill(self.desktop.pixels.pid, signal.SIGSTOP)  # so that it is under way for certain
        self.bench.open_paths([Path(self.bench.current.image.path)])
        QTest.qWait(200)
        return not self.bench.background.idle

    def _runs(self) -> bool:
        if not self.bench.predicting.running and self.is_sharp() and self.desktop.panels.models.can_run():
            self.desktop.panels.models.run.click()
        return self.bench.predicting.running

    def _exports(self) -> bool:
        """What hangs here for ever stands for a disk that does not answer."""
        if self.is_sharp():
            self.bench.background.run(lambda: time.sleep(600), lambda _: None, lambda _: None)
        return not self.bench.background.idle and self.bench.current.image is not None

    def _reads(self) -> bool:
        if not self.is_sharp() or self.bench.pane is None or self.desktop.pixels.pid is None:
            return False
        os.kill(self.desktop.pixels.pid, signal.SIGSTOP)  # so that reads are under way for certain
        self.bench.pane.zoom_by(6)
        QTest.qWait(200)
        return True

    def _quit(self) -> bool:
        say("closing while busy")
        self.close()
        return True


class Draw(Part):
    """Shows the slide and says what draws it."""

    def step(self) -> bool:
        if not self.is_sharp() or self.bench.pane is None:
            return False
        from lnm_desktop.ui.viewer.renderer import renderer

        picture = self.bench.pane.screenshot()
        colors = {picture.pixel(x, y) for x in range(0, picture.width(), 5) for y in range(0, picture.height(), 5)}
        assert len(colors) > 500, len(colors)
        assert self.told() == [], self.told()
        say("drawn by", renderer())
        self.close()
        return True


class NoOpenGl(Part):
    """Cases come in although nothing can be drawn."""

    def step(self) -> bool:
        session = self.bench.current.session
        if session is None or not self.told() or self.bench.current.image is None:
            return False
        say("told", json.dumps(self.told()))
        say("cases", json.dumps([case.pseudonym for case in session.cases()]))
        self.close()
        return True


class DrawPolygon(Part):
    """Three corners of a polygon with the mouse, then nothing."""

    def step(self) -> bool:
        pane = self.bench.pane
        if not self.is_sharp() or pane is None:
            return False
        from PySide6.QtCore import Qt

        self.desktop.actions["tool-polygon"].trigger()
        for corner in (Point(100, 100), Point(300, 120), Point(250, 300)):
            place = pane.to_screen(corner).toPoint()
            QTest.mouseMove(pane.canvas_widget, place)
            QTest.mouseClick(pane.canvas_widget, Qt.MouseButton.LeftButton, pos=place)
        say("drawing")
        return True


class Offered(Part):
    """What is told after a start with the slide."""

    def step(self) -> bool:
        if not self.is_sharp():
            return False
        say("told", json.dumps(self.told()))
        self.close()
        return True


class Trouble(Part):
    """A damaged tile, a damaged label, and a pixel server that is killed while it reads."""

    killed = False

    def step(self) -> bool:
        if not self.is_sharp() or self.bench.current.reader is None or self.bench.pane is None:
            return False
        if not self.killed and self.desktop.pixels.pid is not None:
            self.killed = True
            reader = self.bench.current.reader
            self.bench.background.run(
                lambda: reader.read_associated("label"), lambda _: None, self.desktop.notices.error
            )
            os.kill(self.desktop.pixels.pid, signal.SIGSTOP)
            self.bench.background.run(
                lambda: reader.read_associated("macro"), lambda _: None, self.desktop.notices.error
            )
            QTest.qWait(300)
            os.kill(self.desktop.pixels.pid, signal.SIGKILL)
            return False
        if not any("it has been replaced" in words for words in self.told()) or not self.bench.background.idle:
            return False
        say("troubled")
        self.close()
        return True


class Edit(Part):
    """Edits without an end, as if by hand, and says which changes the window shows as saved."""

    def __init__(self, desktop: program.Desktop) -> None:
        super().__init__(desktop)
        self.chance = random.Random(int(os.environ["LNM_TEST_SEED"]))
        self.bench.changed.connect(self._shown)

    def step(self) -> bool:
        if not self.is_sharp():
            return False
        self._timer.setInterval(2)
        self._until_s = time.monotonic() + PATIENCE_S
        pane, session, image = self.bench.pane, self.bench.current.session, self.bench.current.image
        assert pane is not None and session is not None and image is not None
        drawn = session.annotations(image.id).annotations
        what = self.chance.choice(["draw", "draw", "change", "erase", "delete", "undo", "redo"])
        if what in ("undo", "redo"):
            (self.bench.undo if what == "undo" else self.bench.redo)()
        elif what == "draw" or not drawn:
            pane.annotation_drawn.emit(self._shape())
        elif what == "change":
            pane.annotation_changed.emit(replace(self.chance.choice(drawn), geometry=self._shape()))
        elif what == "erase":
            pane.area_combined.emit(self._shape(), Combine.SUBTRACT)
        else:
            pane.annotations_removed.emit((self.chance.choice(drawn).id,))
        return False

    def _shape(self) -> Geometry:
        x, y, side = (self.chance.uniform(0, 400) for _ in range(3))
        return rectangle(Region(x, y, side + 1, side + 1))

    def _shown(self, change: Change) -> None:
        """The status bar comes first, see `Workbench._show_change`."""
        if self.desktop.window.status.saved.text().startswith("saved"):
            say("saved", change.seq, change.utc)


class Held(Part):
    """The workspace is in use: what is offered is taken, then something is tried that would change it."""

    def step(self) -> bool:
        session = self.bench.current.session
        offers = [notice.offer for notice in self.desktop.notices if notice.offer is not None]
        if session is None and offers and not hasattr(self, "taken"):
            self.taken = offers[0]
            self.taken.call()
        if session is None:
            return False
        self.bench.add_case("P-9")
        words = {"badge": not self.desktop.window.status.read_only.isHidden(), "told": self.told()}
        say("held", json.dumps({**words, "cases": [case.pseudonym for case in session.cases()]}))
        self.close()
        return True


class SafeStart(Part):
    """Says how it was started and with which plugins; what is offered then is taken."""

    def __init__(self, desktop: program.Desktop) -> None:
        super().__init__(desktop)
        say("started")

    def step(self) -> bool:
        found = self.bench.predicting.plugins
        if not found or (hasattr(self, "before") and found is self.before):
            return False
        badge = not self.desktop.window.status.safe.isHidden()
        say("plugins", json.dumps({"badge": badge, "plugins": [one.name for one in found], "told": self.told()}))
        offers = [notice.offer for notice in self.desktop.notices if notice.offer is not None]
        if offers and not hasattr(self, "before"):
            self.before = found
            offers[0].call()
            return False
        self.close()
        return True


PARTS: dict[str, type[Part]] = {
    "held": Held,
    "edit": Edit,
    "defects": Defects,
    **{f"quit-{kind}": type(kind, (Quit,), {"kind": kind}) for kind in ("opening", "reading", "run", "export")},
    "draw": Draw,
    "no-opengl": NoOpenGl,
    "draw-polygon": DrawPolygon,
    "offered": Offered,
    "trouble": Trouble,
    "safe-start": SafeStart,
}


class Watched(program.Desktop):
    """The program with something that happens to it."""

    part: type[Part]

    def start(self) -> None:
        super().start()
        self.happening = self.part(self)


if __name__ == "__main__":
    Watched.part = PARTS[sys.argv[1]]
    program.Desktop = Watched  # type: ignore[misc]
    sys.exit(program.main(sys.argv[2:]))
