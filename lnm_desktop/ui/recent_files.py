"""The files opened last, in File ▸ Recent Files; whether they are still there is looked up beside the window."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.workbench import Workbench

MOST = 10
NOT_FOUND = "not found"


class RecentFiles(QObject):
    """`kept` gives (paths, whether to remember at all) whenever they have changed.

    Names of files may identify a patient, so the list can be emptied and switched off.
    """

    kept = Signal(object, bool)

    def __init__(self, actions: Actions, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._menu = bench.window.recent
        self._clear, self._remember = actions["clear-recent"], actions["remember-recent"]
        # Files stand above the line that is above "Clear List".
        self._line = self._menu.actions()[self._menu.actions().index(self._clear) - 1]
        self._shown: dict[str, QAction] = {}
        self._missing: frozenset[str] = frozenset()
        self._looking = threading.Lock()
        self._remember.setChecked(True)
        actions.on({"clear-recent": self.clear})
        self._remember.triggered.connect(self._switch)
        self._menu.aboutToShow.connect(self.look)
        bench.opened_file.connect(self.add)
        self._fill(())

    @property
    def paths(self) -> tuple[str, ...]:
        """The remembered paths, newest first."""
        return tuple(self._shown)

    @property
    def missing(self) -> frozenset[str]:
        """Which of them were not there when it was looked last."""
        return self._missing

    def use(self, paths: Sequence[str], *, remember: bool) -> None:
        """Take over what was kept."""
        self._remember.setChecked(remember)
        self._fill(tuple(paths)[:MOST] if remember else ())
        self.look()

    def add(self, path: str) -> None:
        """A file is opened."""
        if self._remember.isChecked():
            self._missing -= {path}
            self._fill((path, *(known for known in self._shown if known != path))[:MOST])
            self._tell()

    def clear(self) -> None:
        """Forget all."""
        self._fill(())
        self._tell()

    def look(self) -> None:
        """Find out which files are gone. A thread of its own: a drive that is away may keep it waiting for long."""
        if self._shown and self._looking.acquire(blocking=False):
            paths = self.paths
            threading.Thread(target=self._find_missing, args=(paths,), name="recent-files", daemon=True).start()

    def open(self, path: str) -> None:
        """Open one of them again."""
        self._bench.open_paths([Path(path)])

    def _find_missing(self, paths: tuple[str, ...]) -> None:
        try:
            missing = frozenset(path for path in paths if not Path(path).exists())
        except OSError:
            missing = frozenset()
        finally:
            self._looking.release()
        self._bench.background.post(lambda: self._show_missing(missing))

    def _show_missing(self, missing: frozenset[str]) -> None:
        self._missing = missing
        for path, action in self._shown.items():
            self._show_state(path, action)

    def _fill(self, paths: tuple[str, ...]) -> None:
        for action in self._shown.values():
            self._menu.removeAction(action)
            action.deleteLater()
        self._shown = {path: self._made(path) for path in paths}
        doubles = Counter(Path(path).name for path in paths)
        for path, action in self._shown.items():
            name = Path(path).name
            action.setData(f"{name} ({Path(path).parent.name})" if doubles[name] > 1 else name)
            self._show_state(path, action)
        self._menu.insertActions(self._line, list(self._shown.values()))
        self._clear.setEnabled(bool(paths))

    def _made(self, path: str) -> QAction:
        action = QAction(self._menu)
        action.setToolTip(path)
        action.triggered.connect(lambda: self.open(path))
        return action

    def _show_state(self, path: str, action: QAction) -> None:
        gone = path in self._missing
        name = str(action.data()).replace("&", "&&")
        action.setText(f"{name} – {NOT_FOUND}" if gone else name)
        action.setEnabled(not gone)

    def _switch(self, remember: bool) -> None:
        if not remember:
            self._fill(())
        self._tell()

    def _tell(self) -> None:
        self.kept.emit(self.paths, self._remember.isChecked())
