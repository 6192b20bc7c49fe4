"""The main window: menus, tool strip, docks and status bar around the viewer. It shows; it decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QByteArray, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu, QTabWidget, QToolBar, QWidget

from lnm_desktop.ui.action_spec import ActionSpec
from lnm_desktop.ui.actions import ACTIONS, MENUS, RECENT, Actions
from lnm_desktop.ui.theme.tokens import ICON_PX, LEFT_DOCK_PX, RIGHT_DOCK_PX
from lnm_desktop.ui.widgets.status import Status
from lnm_desktop.ui.widgets.viewer_area import ViewerArea
from lnm_desktop.ui.window_state import LAYOUT_VERSION

TITLE = "LNM Desktop"
STACKED_FROM_PX = 900


class MainWindow(QMainWindow):
    """`painted` follows each painting; `closing` comes before the window goes, so that work is stopped in order."""

    closing = Signal()
    painted = Signal()

    def __init__(
        self, actions: Actions, cases: QWidget, inspector: Sequence[tuple[str, QWidget]], results: QWidget
    ) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle(TITLE)
        self.setMinimumSize(900, 600)
        self.actions_by_id = actions
        self.menus: dict[str, QMenu] = {}
        self.area = ViewerArea()
        self.status = Status()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.setCentralWidget(self.area)
        self.setStatusBar(self.status)
        for name, panel in inspector:
            self.tabs.addTab(panel, name)
        self.cases = self._dock("Cases", cases, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.inspector = self._dock("Inspector", self.tabs, Qt.DockWidgetArea.RightDockWidgetArea)
        self.results = self._dock("Results", results, Qt.DockWidgetArea.RightDockWidgetArea)
        self.docks = (self.cases, self.inspector, self.results)
        self.setTabPosition(Qt.DockWidgetArea.RightDockWidgetArea, QTabWidget.TabPosition.North)
        self._fill_menus()
        self.strip = self._make_strip()
        self._share_space()
        self._first_layout: QByteArray | None = None
        self.may_close: Callable[[], bool] = lambda: True

    def show_panel(self, name: str) -> None:
        """Bring the panel of this name to the front: the results, or one of the inspector's tabs."""
        dock = self.results if name == self.results.windowTitle().lower() else self.inspector
        dock.show()
        dock.raise_()
        if dock is self.inspector:
            titles = [self.tabs.tabText(place).lower() for place in range(self.tabs.count())]
            self.tabs.setCurrentIndex(titles.index(name))
        dock.widget().setFocus()

    def show_cases(self) -> None:
        """Bring the list of cases to the front."""
        self.cases.show()
        self.cases.widget().setFocus()

    def restore_layout(self) -> None:
        """Put every panel back where it was at first."""
        for dock in self.docks:
            dock.show()
        if self._first_layout is not None:
            self.restoreState(self._first_layout, LAYOUT_VERSION)
        self._share_space()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Remember the first layout, to come back to."""
        super().showEvent(event)
        if self._first_layout is None:
            self._first_layout = self.saveState(LAYOUT_VERSION)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Say that the window is on the screen: what takes long may begin."""
        super().paintEvent(event)
        self.painted.emit()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Say so, then go: everything is saved already, or the window stays."""
        if not self.may_close():
            event.ignore()
            return
        self.closing.emit()
        super().closeEvent(event)

    def _share_space(self) -> None:
        """Side panels at their widths; results below the inspector, on a low window behind it."""
        if self.height() < STACKED_FROM_PX:
            self.tabifyDockWidget(self.inspector, self.results)
            self.inspector.raise_()
        else:
            self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.results, Qt.Orientation.Vertical)
        self.resizeDocks([self.cases, self.inspector], [LEFT_DOCK_PX, RIGHT_DOCK_PX], Qt.Orientation.Horizontal)
        self.resizeDocks([self.inspector, self.results], [3, 2], Qt.Orientation.Vertical)

    def _dock(self, title: str, content: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(f"dock-{title.lower()}")
        content.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        dock.setWidget(content)
        self.addDockWidget(area, dock)
        return dock

    def _fill_menus(self) -> None:
        for name in MENUS:
            self.menus[name] = self.menuBar().addMenu(f"&{name}")
            self.menus[name].setToolTipsVisible(True)
        for spec in ACTIONS:
            self._add_to_menu(spec)
        self.recent = self.menus[f"File ▸ {RECENT}"]
        self.menus["View"].addSeparator()
        for dock in self.docks:
            self.menus["View"].addAction(dock.toggleViewAction())

    def _add_to_menu(self, spec: ActionSpec) -> None:
        action = self.actions_by_id[spec.id]
        if spec.hidden:
            self.addAction(action)
            return
        menu = self._menu_of(spec)
        if spec.break_before:
            menu.addSeparator()
        menu.addAction(action)

    def _menu_of(self, spec: ActionSpec) -> QMenu:
        path = f"{spec.menu} ▸ {spec.submenu}" if spec.submenu else spec.menu
        if path not in self.menus:
            self.menus[path] = self.menus[spec.menu].addMenu(spec.submenu)
            self.menus[path].setToolTipsVisible(True)
        return self.menus[path]

    def _make_strip(self) -> QToolBar:
        strip = QToolBar("Tools", self)
        strip.setObjectName("strip")
        strip.setMovable(False)
        strip.setIconSize(QSize(ICON_PX, ICON_PX))
        sections = (("Annotate", "tool"), ("Edit", ""), ("View", ""), ("View", "&Panes"), ("File", ""))
        for menu, choice in sections:
            for spec in ACTIONS:
                if spec.strip and (spec.menu, spec.submenu or spec.choice) == (menu, choice):
                    strip.addAction(self.actions_by_id[spec.id])
            strip.addSeparator()
        self.addToolBar(strip)
        return strip
