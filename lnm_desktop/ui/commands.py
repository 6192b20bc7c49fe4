"""All that can be asked for by name: every action, the images of the open case, the files opened last."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from lnm_desktop.ui.action_spec import ActionSpec
from lnm_desktop.ui.actions import ACTIONS, Actions
from lnm_desktop.ui.recent_files import NOT_FOUND, RecentFiles
from lnm_desktop.ui.widgets.command_palette import Command
from lnm_desktop.ui.workbench import Workbench

PALETTE = "palette"
_WHY_NOT = {
    "undo": "nothing to undo",
    "redo": "nothing to redo",
    "stop": "no model is running",
    "export-region": "another export is running",
    "next-pane": "there is one pane",
    "compare-runs": "there are not two runs",
    "end-comparison": "no runs are compared",
    "verify-run": "there is no run, or one is being made",
    "map-to-annotations": "no map is shown",
    "explain-tile": "no map is shown, or a model is running",
    "close-image": "nothing is open",
    "clear-recent": "the list is empty",
}
_WITHOUT_IMAGE = frozenset({"undo", "redo", "stop", "next-pane", "close-image", "clear-recent"})


class Commands:
    """The list as it is at the moment of asking."""

    def __init__(self, actions: Actions, bench: Workbench, recent: RecentFiles) -> None:
        self._actions = actions
        self._bench = bench
        self._recent = recent

    def __call__(self) -> list[Command]:
        """Actions as in the menus, then images, then files."""
        named = [self._action(spec) for spec in ACTIONS if spec.id != PALETTE]
        return [*named, *self._images(), *self._files()]

    def _action(self, spec: ActionSpec) -> Command:
        action = self._actions[spec.id]
        note = "on" if action.isChecked() else ""
        if not action.isEnabled():
            note = self._why_not(spec.id)
        # Undo and redo say in their text what they would do.
        text = action.text().replace("&", "").rstrip("…")
        keys = self._actions.keys(spec.id)
        return Command(spec.id, spec.menu, text, action.trigger, keys, spec.tip, note, action.isEnabled())

    def _why_not(self, action_id: str) -> str:
        if self._bench.current.image is None and action_id not in _WITHOUT_IMAGE:
            return "open an image first"
        return _WHY_NOT.get(action_id, "not now")

    def _images(self) -> Iterator[Command]:
        session, case, opened = self._bench.current.session, self._bench.current.case, self._bench.current.image
        if session is None or case is None:
            return
        for image in session.images(case.id):
            note = "on" if opened is not None and opened.id == image.id else ""
            call = partial(self._bench.open_image, image.id)
            yield Command(f"image-{image.id}", case.pseudonym, f"Open {image.label}", call, tip=image.path, note=note)

    def _files(self) -> Iterator[Command]:
        for number, path in enumerate(self._recent.paths):
            there = path not in self._recent.missing
            call, note = partial(self._recent.open, path), "" if there else NOT_FOUND
            name = f"Open {Path(path).name}"
            yield Command(f"recent-{number}", "Recent", name, call, tip=path, note=note, enabled=there)
