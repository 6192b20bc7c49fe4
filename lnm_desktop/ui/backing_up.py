"""Backups made while the window is open, and the dialog that leads back to one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from lnm_desktop.app.backups import Backup, back_up, back_up_if_changed, backups_of
from lnm_desktop.app.session import Session
from lnm_desktop.app.workspace_copy import WorkspaceCopy, copy_workspace
from lnm_desktop.errors import LnmError
from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.notices import Notice, Offer, Severity
from lnm_desktop.ui.widgets.file_dialogs import ask_new_file
from lnm_desktop.ui.widgets.restore_dialog import RestoreDialog
from lnm_desktop.ui.workbench import Workbench

EVERY_MS = 5 * 60 * 1000


class BackingUp(QObject):
    """Backs up beside the window's thread: at the start, every five minutes of work, and when it is asked.

    `restore_wanted` gives the folder and the Backup that shall take its workspace's place.
    """

    restore_wanted = Signal(object, object)

    def __init__(self, actions: Actions, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._folder: Path | None = None
        self._actions = actions
        self._due = QTimer(self)
        self._due.setInterval(EVERY_MS)
        self._due.timeout.connect(self._back_up_if_changed)
        actions.on({"back-up": self.back_up, "restore": self._list, "copy-workspace": self._ask_copy})
        self._refresh()

    def use_session(self, session: Session) -> None:
        """A workspace is open."""
        self._folder = session.folder
        self._refresh()
        self._due.start()
        self._back_up_if_changed()
        self._bench.background.run(lambda: session.danger, self._warn_of, self._bench.notices.error)

    def use_damaged(self, folder: Path, error: LnmError) -> None:
        """A workspace cannot be opened: offer what can be restored."""
        self._folder = folder
        self._refresh()
        self._bench.background.run(
            lambda: [one for one in backups_of(folder) if one.is_sound],
            lambda sound: self._offer(error, sound),
            self._bench.notices.error,
        )

    def back_up(self) -> None:
        """Make one now."""
        folder = self._folder
        if folder is not None:
            self._bench.background.run(lambda: back_up(folder), self._tell, self._bench.notices.error)

    def _warn_of(self, danger: str) -> None:
        if danger:
            hint = "Copy it to a disk of this computer (File ▸ Copy Workspace To) and open it there."
            self._bench.notices.warn(f"The workspace lies {danger}, where edits can be lost.", hint)

    def _refresh(self) -> None:
        self._actions["restore"].setEnabled(self._folder is not None)
        for name in ("back-up", "copy-workspace"):
            self._actions[name].setEnabled(self._bench.current.session is not None)

    def _back_up_if_changed(self) -> None:
        session = self._bench.current.session
        if session is None or session.read_only:
            return
        self._bench.background.run(lambda: back_up_if_changed(session), lambda _made: None, self._bench.notices.error)

    def _tell(self, made: Backup) -> None:
        self._bench.notices.info(f"Backed up and verified: {made.annotations:,} annotations in {made.cases:,} cases.")

    def _offer(self, error: LnmError, sound: Sequence[Backup]) -> None:
        if not sound:
            self._bench.notices.error(error)
            return
        hint = f"There is a verified backup of {sound[0].utc.astimezone():%Y-%m-%d %H:%M}."
        offer = Offer("Restore…", lambda: self._ask(sound))
        self._bench.notices.add(Notice(error.message, hint, Severity.ERROR, offer=offer))

    def copy_to(self, target: Path) -> None:
        """Copy the whole workspace there."""
        folder = self._folder
        if folder is not None:
            self._bench.background.run(
                lambda: copy_workspace(folder, target), self._tell_copy, self._bench.notices.error
            )

    def _ask_copy(self) -> None:
        if self._folder is not None:
            ask_new_file(self._bench.window, "Copy Workspace To", "", f"{self._folder.name} copy", self.copy_to)

    def _tell_copy(self, made: WorkspaceCopy) -> None:
        size = f"{made.size_bytes / 1e6:,.1f} MB"
        words = f"Copied and verified: {made.folder.name}, {made.rows:,} journal rows, {made.runs:,} runs, {size}."
        self._bench.notices.info(words, "Slides stay where they are, and the copy knows where.")

    def _list(self) -> None:
        folder = self._folder
        if folder is not None:
            self._bench.background.run(lambda: backups_of(folder), self._ask, self._bench.notices.error)

    def _ask(self, found: Sequence[Backup]) -> None:
        folder = self._folder
        if folder is None:
            return
        dialog = RestoreDialog(folder.name, found, self._bench.window)
        dialog.restore_wanted.connect(lambda backup: self.restore_wanted.emit(folder, backup))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
