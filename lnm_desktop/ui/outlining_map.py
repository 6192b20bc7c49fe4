"""The shown map becomes annotations at the threshold of its slider."""

from __future__ import annotations

from PySide6.QtCore import QObject

from lnm_desktop.app.outline_map import MapOutlines, outline_map
from lnm_desktop.app.shape_edits import check_unlocked
from lnm_desktop.domain.ids import ImageId
from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.groups import groups_of
from lnm_desktop.ui.workbench import Workbench


class OutliningMap(QObject):
    """Outlines are found beside the window and committed to the journal, where undo takes them back."""

    def __init__(self, actions: Actions, bench: Workbench) -> None:
        super().__init__(bench)
        self._actions = actions
        self._bench = bench
        bench.panels.results.outline.clicked.connect(self.outline)
        bench.showing.changed.connect(self.refresh)
        actions.on({"map-to-annotations": self.outline})
        self.refresh()

    def refresh(self) -> None:
        """Enable what can be done now."""
        showing = self._bench.showing
        possible = showing.shown_map() is not None and not showing.compares
        self._actions["map-to-annotations"].setEnabled(possible)
        self._bench.panels.results.outline.setEnabled(possible)

    def outline(self) -> None:
        """Outline what reaches the slider's threshold in the map that is shown."""
        image, shown = self._bench.current.image, self._bench.showing.shown_map()
        if image is None or shown is None:
            return
        threshold = self._bench.panels.results.heatmap.style_wanted().threshold
        self._bench.background.run(
            lambda: outline_map(*shown, threshold),
            lambda found: self._commit(image.id, found),
            self._bench.notices.error,
        )

    def _commit(self, image_id: ImageId, found: MapOutlines) -> None:
        session = self._bench.current.session
        if session is None:
            return

        def commit() -> int:
            drawn = session.annotations(image_id)
            check_unlocked(drawn, found.group.name)
            session.execute_all(found.commands(image_id, drawn, groups_of(drawn)))
            return len(found.annotations)

        count = self._bench.notices.attempt(commit)
        if count is not None:
            words = f"{count:,} outline{'s' * (count != 1)} in the group {found.group.name}. {found.note}".rstrip()
            self._bench.notices.info(words, "Undo takes them back. They are a model's, not a person's.")
