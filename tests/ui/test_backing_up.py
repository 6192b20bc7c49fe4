"""Backups made beside the window, and the dialog that leads back to one."""

from __future__ import annotations

from lnm_desktop.app.backups import backups_of
from lnm_desktop.errors import StoreError
from lnm_desktop.ui.widgets.restore_dialog import RestoreDialog
from tests.ui.conftest import Bench
from tests.ui.fixtures import a_triangle


def drawn_and_backed_up(bench: Bench) -> None:
    bench.open_slide()
    bench.pane.annotation_drawn.emit(a_triangle())
    bench.backing_up.use_session(bench.session)
    bench.wait(lambda: bench.background.idle and backups_of(bench.session.folder))


def test_work_is_backed_up_by_itself_and_only_when_there_is_something_new(bench: Bench) -> None:
    drawn_and_backed_up(bench)
    bench.backing_up.use_session(bench.session)
    bench.wait(lambda: bench.background.idle)
    (made,) = backups_of(bench.session.folder)
    assert (made.is_sound, made.cases, made.annotations) == (True, 1, 1)


def test_a_backup_that_is_asked_for_is_told(bench: Bench) -> None:
    drawn_and_backed_up(bench)
    bench.actions["back-up"].trigger()
    bench.wait(lambda: "Backed up and verified: 1 annotations in 1 cases" in bench.window.area.bar.message.text())
    assert len(backups_of(bench.session.folder)) == 2


def test_the_newest_sound_one_is_proposed_and_a_damaged_one_cannot_be_chosen(bench: Bench) -> None:
    drawn_and_backed_up(bench)
    bench.actions["back-up"].trigger()
    bench.wait(lambda: len(backups_of(bench.session.folder)) == 2 and bench.background.idle)
    newest, older = backups_of(bench.session.folder)
    newest.file.write_bytes(b"gone bad")
    asked: list = []
    bench.backing_up.restore_wanted.connect(lambda folder, backup: asked.append((folder, backup.file)))
    bench.actions["restore"].trigger()
    bench.wait(lambda: bench.window.findChildren(RestoreDialog))
    (dialog,) = bench.window.findChildren(RestoreDialog)
    assert dialog.table.keys() == (older.file.name,)
    dialog.table.choose((newest.file.name,))
    assert not dialog.restore.isEnabled()
    dialog.table.choose((older.file.name,))
    dialog.restore.click()
    assert asked == [(bench.session.folder, older.file)]


def test_a_damaged_workspace_is_told_with_what_can_be_done(bench: Bench) -> None:
    drawn_and_backed_up(bench)
    bench.backing_up.use_damaged(bench.session.folder, StoreError("workspace.db: it is damaged"))
    bench.wait(lambda: bench.window.area.bar.message.text() == "workspace.db: it is damaged")
    assert "There is a verified backup of" in bench.window.area.bar.hint.text()


def test_without_any_backup_only_the_damage_is_told(bench: Bench) -> None:
    bench.backing_up.use_damaged(bench.folder / "elsewhere", StoreError("it is damaged", hint="Copy it again."))
    bench.wait(lambda: bench.window.area.bar.message.text() == "it is damaged")
    assert bench.window.area.bar.hint.text() == "Copy it again."
