"""The window's way in: everything is made and put together here, by hand."""

from __future__ import annotations

import argparse
import gc
import getpass
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QWidget

from lnm_desktop.app.backups import Backup, restore_backup
from lnm_desktop.app.leftovers import remove_leftovers
from lnm_desktop.app.session import Session
from lnm_desktop.errors import EnvironmentFault, LnmError
from lnm_desktop.formats.clinical_schema import load_default_schema
from lnm_desktop.imaging.remote import PixelServer
from lnm_desktop.log import get_logger, start_logging
from lnm_desktop.paths import cache_dir, config_dir, default_workspace, log_dir
from lnm_desktop.settings import Settings, load_settings, save_settings
from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.backing_up import BackingUp
from lnm_desktop.ui.bookmarking import Bookmarking
from lnm_desktop.ui.bridge import Background
from lnm_desktop.ui.covering import Covering
from lnm_desktop.ui.crash import CrashHook
from lnm_desktop.ui.ending import SignalWatch
from lnm_desktop.ui.history import History
from lnm_desktop.ui.notices import Notice, Notices, Offer, Severity
from lnm_desktop.ui.panels.annotations import AnnotationsPanel
from lnm_desktop.ui.panels.bookmarks import BookmarksPanel
from lnm_desktop.ui.panels.cases import CasesPanel
from lnm_desktop.ui.panels.clinical import ClinicalPanel
from lnm_desktop.ui.panels.look import LookPanel
from lnm_desktop.ui.panels.models import ModelsPanel
from lnm_desktop.ui.panels.results import ResultsPanel
from lnm_desktop.ui.panels.risk import RiskPanel
from lnm_desktop.ui.picture import PictureTaker
from lnm_desktop.ui.plugin_managing import PluginManaging
from lnm_desktop.ui.safe_mode import SafeMode
from lnm_desktop.ui.screen import new_application
from lnm_desktop.ui.theme.stylesheet import apply_theme
from lnm_desktop.ui.theme.tokens import tokens_of
from lnm_desktop.ui.viewer.renderer import check_renderer
from lnm_desktop.ui.widgets.close_dialog import ask_to_close
from lnm_desktop.ui.widgets.pane_grid import PaneLayout
from lnm_desktop.ui.window import MainWindow
from lnm_desktop.ui.window_state import restore_window, save_window
from lnm_desktop.ui.wiring import Wiring
from lnm_desktop.ui.workbench import Panels, Workbench

if TYPE_CHECKING:
    from lnm_desktop.ui.viewer.pane import ViewerPane

_log = get_logger(__name__)
PANE_AFTER_MS = 50


class Desktop(QObject):
    """The running application: settings, window, workbench, and what must be closed with them.

    `built` follows the last part, the viewer.
    """

    built = Signal()

    def __init__(self, application: QApplication, arguments: argparse.Namespace) -> None:
        super().__init__()
        self._application = application
        self._arguments = arguments
        self.settings = _settings(arguments)
        self.background = Background(self)
        self.notices = Notices(self)
        tokens = apply_theme(application, self.settings.theme)
        self.actions = Actions(tokens, self)
        schema = load_default_schema()
        self.panels = Panels(
            CasesPanel(tokens),
            AnnotationsPanel(),
            ClinicalPanel(schema),
            ModelsPanel(schema, self.settings.device),
            ResultsPanel(),
            BookmarksPanel(),
            LookPanel(),
            RiskPanel(schema),
        )
        self.window = MainWindow(self.actions, self.panels.cases, _inspector(self.panels), self.panels.results)
        self.pixels = PixelServer(log_dir() / "pixel-server.log", on_message=self._tell_from_thread)
        self.safe_mode = SafeMode(cache_dir() / "starting", wanted=arguments.safe_mode)
        models = self.safe_mode.models
        author = self.settings.author or getpass.getuser()
        self.bench = Workbench(self.window, self.panels, self.pixels, models, self.background, self.notices, author)
        self.bench.predicting.threads = self.settings.threads
        self.wiring = Wiring(self.actions, self.bench)
        self.bookmarking = Bookmarking(self.actions, self.bench)
        self.backing_up = BackingUp(self.actions, self.bench)
        self.plugin_managing = PluginManaging(self.actions, self.bench, models)
        self.history = History(self.actions, self.bench)
        self.to_restore: tuple[Path, Backup] | None = None
        self.covering = Covering(self.actions, self.bench)
        self._connect()
        self._schema, self._author = schema, author

    def start(self) -> None:
        """Show the window, then let everything else come in."""
        self.window.show()
        if self._arguments.screenshot or not restore_window(self.window, _layout_file()):
            self.window.setGeometry(self._application.primaryScreen().availableGeometry())
            self.window.restore_layout()
        if self._arguments.panes:
            self.bench.panes.arrange(PaneLayout(self._arguments.panes))
        if self._arguments.panel:
            self.window.show_panel(self._arguments.panel)
        workspace = Path(self._arguments.workspace) if self._arguments.workspace else default_workspace()
        self._open_workspace(workspace)
        self.bench.predicting.look_for_models()
        self.safe_mode.begin(self.bench)

    def close(self) -> None:
        """Keep the layout and end every process. The pixel server goes first: an opening under way ends with it."""
        self.safe_mode.succeed()
        if not self._arguments.screenshot:
            save_window(self.window, _layout_file())
        self.covering.close()
        self.pixels.close()
        self.bench.close()

    def end(self) -> None:
        """The system asks the program to end: there is nobody to be asked."""
        if self.notices.unsaved and not self.notices.save_waiting():
            _log.error("%d changes could not be saved before the end", self.notices.unsaved)
            self.notices.forget_waiting()
        self.window.close()

    def _may_close(self) -> bool:
        """Not while changes wait for the disk, unless they are given up."""
        if not self.notices.unsaved or self.notices.save_waiting():
            return True
        ask_to_close(self.notices, self.window)
        return False

    def set_theme(self, theme: str) -> None:
        """Switch at once, and for the next time."""
        tokens = apply_theme(self._application, theme)
        self.actions.set_tokens(tokens)
        self.panels.cases.set_tokens(tokens)
        self.bench.panes.set_theme(tokens.name)
        self._keep(replace(self.settings, theme=tokens.name))

    def _connect(self) -> None:
        self.window.closing.connect(self.close)
        self.window.may_close = self._may_close
        self.backing_up.restore_wanted.connect(self._restore)
        self.window.painted.connect(self._schedule_pane, Qt.ConnectionType.SingleShotConnection)
        self.wiring.theme_chosen.connect(self.set_theme)
        self.wiring.shortcuts.use(self.settings.shortcuts)
        self.wiring.shortcuts.changed.connect(lambda own: self._keep(replace(self.settings, shortcuts=own)))
        self.actions[f"theme-{tokens_of(self.settings.theme).name}"].setChecked(True)
        self.wiring.recent.use(self.settings.recent, remember=self.settings.remember_recent)
        self.wiring.recent.kept.connect(self._keep_recent)
        self.window.status.show_device(self.settings.device)

    def _schedule_pane(self) -> None:
        QTimer.singleShot(PANE_AFTER_MS, self._build_pane)

    def _build_pane(self) -> None:
        """Where nothing can draw, everything else goes on without pictures."""
        try:
            check_renderer()
        except EnvironmentFault as error:
            _log.error("OpenGL does not work on this screen")
            print(f"{error.message} {error.hint}", file=sys.stderr)  # noqa: T201 - for whoever started it without a screen
            self.notices.error(error)
            if self._arguments.screenshot:
                self.window.close()
            return
        self.bench.panes.make = self._make_pane
        self.bench.panes.cache_bytes = self.settings.tile_cache_mb * 1024**2
        self.bench.panes.closed.connect(lambda: QTimer.singleShot(PANE_AFTER_MS, _collect_what_went))
        self.bench.set_pane(self._make_pane())
        self.built.emit()

    def _make_pane(self) -> ViewerPane:
        from lnm_desktop.ui.viewer.pane import ViewerPane  # noqa: PLC0415 - napari takes seconds; the window is up

        pane = ViewerPane()
        pane.set_theme(self.settings.theme)
        return pane

    def _open_workspace(self, workspace: Path) -> None:
        self.background.run(
            lambda: self._open_session(workspace),
            self._use_session,
            lambda error: self._no_session(workspace, error),
        )

    def _restore(self, workspace: Path, backup: Backup) -> None:
        """At once where nothing is open; else the window closes first, and begins anew with what was restored."""
        if self.bench.current.session is not None:
            self.to_restore = (workspace, backup)
            self.window.close()
            return
        self.background.run(
            lambda: restore_backup(workspace, backup.file),
            lambda _aside: self._open_workspace(workspace),
            self.notices.error,
        )

    def _open_session(self, workspace: Path) -> Session:
        session = Session.open(workspace, author=self._author, schema=self._schema)
        remove_leftovers(session.folder)
        return session

    def _open_read_only(self, workspace: Path) -> None:
        """Look at a workspace that somebody else writes to, or that lies where nothing can be written."""
        self.background.run(
            lambda: Session.open(workspace, author=self._author, schema=self._schema, create=False, read_only=True),
            self._use_session,
            self.notices.error,
        )

    def _use_session(self, session: Session) -> None:
        self.window.status.show_read_only(read_only=session.read_only)
        self.bench.use_session(session)
        self.backing_up.use_session(session)
        if self._arguments.case:
            self.bench.open_case(self._arguments.case)
        if self._arguments.files:
            self.bench.open_paths([Path(name) for name in self._arguments.files])

    def _no_session(self, workspace: Path, error: LnmError) -> None:
        if error.facts.get("readable"):
            offer = Offer("Open read-only", lambda: self._open_read_only(workspace))
            self.notices.add(Notice(error.message, error.hint, Severity.ERROR, offer=offer))
        else:
            self.backing_up.use_damaged(workspace, error)
        self.window.status.saved.setText("workspace not open: nothing can be saved")

    def _tell_from_thread(self, message: str) -> None:
        self.background.post(lambda: self.notices.warn(message))

    def _keep_recent(self, paths: tuple[str, ...], remember: bool) -> None:
        self._keep(replace(self.settings, recent=paths, remember_recent=remember))

    def _keep(self, settings: Settings) -> None:
        self.settings = settings
        try:
            save_settings(settings, _settings_file())
        except OSError:
            self.notices.warn(
                "The settings could not be written.", "Is the disk full, or the folder write-protected?"
            )


def main(argv: list[str]) -> int:
    """Run the window until it is closed; gives the exit code."""
    arguments = parse_arguments(argv)
    start_logging(log_dir() / "window.log")
    application = _application()
    desktop = Desktop(application, arguments)
    hook = CrashHook(log_dir(), lambda error: desktop.background.post(lambda: desktop.notices.error(error)))
    hook.install()
    desktop.built.connect(_spare_what_stays)
    desktop.start()
    watch = SignalWatch(desktop.end)
    _quit_after(os.environ.get("LNM_TEST_QUIT_AFTER", ""), desktop.window.close)
    taker = PictureTaker(desktop.bench, Path(arguments.screenshot)) if arguments.screenshot else None
    code = application.exec()
    watch.stop()
    hook.uninstall()
    code = taker.exit_code if taker is not None else code
    if desktop.background.is_stuck:
        _log.warning("left while something did not end")
        os._exit(code)  # Python would wait for its thread for ever
    if desktop.to_restore is not None:
        return _restore_and_begin_anew(*desktop.to_restore, argv)
    return code


def _restore_and_begin_anew(workspace: Path, backup: Backup, argv: list[str]) -> int:
    """What cannot be restored is told by the window that opens again: the workspace is as it was."""
    try:
        restore_backup(workspace, backup.file)
    except LnmError as error:
        _log.error("a backup could not be restored")
        print(f"{error.message} {error.hint}", file=sys.stderr)  # noqa: T201 - the window is gone
    return subprocess.run([sys.executable, "-m", "lnm_desktop", "--window", *argv], check=False).returncode  # noqa: S603 - our own interpreter


def parse_arguments(argv: list[str]) -> argparse.Namespace:
    """What stands on the command line. Raises SystemExit for what it does not know."""
    parser = argparse.ArgumentParser("lnm-desktop", description="Research use only. Not for diagnostic use.")
    parser.add_argument("files", nargs="*", help="slides, scans, series folders or annotation files to open")
    parser.add_argument("--workspace", metavar="DIR", help="the workspace to open")
    parser.add_argument("--safe-mode", action="store_true", help="leave the plugins of others out, for this time")
    parser.add_argument("--case", metavar="ID", help="the case to open")
    parser.add_argument("--theme", choices=("dark", "light"), help="the look, for this time and the next")
    parser.add_argument("--panes", choices=[one.value for one in PaneLayout], help="how many panes to begin with")
    panels = ("annotations", "bookmarks", "clinical", "lnm", "models", "view", "history", "results")
    parser.add_argument("--panel", choices=panels, help="the panel to show first")
    parser.add_argument(
        "--screenshot", metavar="FILE", help="save a picture of the window once it is ready, and quit"
    )
    return parser.parse_args(argv)


def _application() -> QApplication:
    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else new_application(["lnm-desktop"])
    application.setApplicationName("LNM Desktop")
    application.setDesktopFileName("lnm-desktop")
    return application


def _spare_what_stays() -> None:
    """What has come in by now stays until the end. napari collects garbage whenever a layer goes, and without
    the modules to look through another image shows in 0.2 s instead of 0.4 s."""
    gc.collect()
    gc.freeze()


def _collect_what_went() -> None:
    """A pane that was closed is held by circles only, and the first one is spared from every other collection."""
    gc.unfreeze()
    _spare_what_stays()


def _inspector(panels: Panels) -> tuple[tuple[str, QWidget], ...]:
    return (
        ("Annotations", panels.annotations),
        ("Bookmarks", panels.bookmarks),
        ("Clinical", panels.clinical),
        ("LNM", panels.risk),
        ("Models", panels.models),
        ("View", panels.look),
    )


def _settings(arguments: argparse.Namespace) -> Settings:
    settings = load_settings(_settings_file())
    return replace(settings, theme=arguments.theme) if arguments.theme else settings


def _settings_file() -> Path:
    return config_dir() / "settings.toml"


def _layout_file() -> Path:
    return config_dir() / "window.toml"


def _quit_after(seconds: str, quit_window: Callable[[], object]) -> None:
    if seconds:
        QTimer.singleShot(round(float(seconds) * 1000), quit_window)
