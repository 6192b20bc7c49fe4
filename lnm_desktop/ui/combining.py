"""What brush, eraser and wand do with the areas that are there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from lnm_desktop.app.commands import EditAnnotations
from lnm_desktop.app.session import Session
from lnm_desktop.app.shape_edits import erasable, erase, extend
from lnm_desktop.app.shapes import is_area
from lnm_desktop.domain.annotation import Annotation, AnnotationSet
from lnm_desktop.domain.geometry import Geometry
from lnm_desktop.domain.ids import AnnotationId, ImageId
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.ui.bridge import Background
from lnm_desktop.ui.current import Current
from lnm_desktop.ui.notices import Notices
from lnm_desktop.ui.viewer.drawing import WandSeed
from lnm_desktop.ui.viewer.tools import Combine

Edit = Callable[[ImageId, Sequence[Annotation]], EditAnnotations | None]


class AnnotationEdits(Protocol):
    """What can be done to the open image's annotations, see `Annotating`."""

    @property
    def selected(self) -> tuple[AnnotationId, ...]: ...

    def opened(self) -> tuple[Session, ImageId, AnnotationSet] | None: ...

    def add(self, geometry: Geometry) -> None: ...

    def edit(self, ids: Sequence[AnnotationId], edit: Edit) -> EditAnnotations | None: ...

    def edit_selected(self, edit: Edit) -> None: ...


class Combining:
    """Adds what was drawn to the selected area or takes it away, and asks the wand beside the window's thread."""

    def __init__(
        self, annotating: AnnotationEdits, current: Current, background: Background, notices: Notices
    ) -> None:
        self._annotating = annotating
        self._current = current
        self._background = background
        self._notices = notices

    def combine(self, geometry: Geometry, combine: Combine) -> None:
        """Without a selection what is drawn to be added is drawn anew, and the eraser works on all that it covers."""
        opened = self._annotating.opened()
        if opened is None:
            return
        selected = _areas(opened[2], self._annotating.selected)
        if combine is Combine.SUBTRACT:
            self._erase(geometry, selected or erasable(opened[2]))
        elif selected:
            self._annotating.edit_selected(lambda image_id, chosen: extend(image_id, chosen, geometry))
        else:
            self._annotating.add(geometry)

    def touch(self, seed: WandSeed, combine: Combine) -> None:
        """Outline what the wand takes; it is dropped where another image is open by then."""
        reader, image = self._current.reader, self._current.image
        if reader is None or image is None:
            return

        def take(outline: Geometry) -> None:
            if self._current.image is None or self._current.image.id != image.id:
                return
            if combine is Combine.NEW:
                self._annotating.add(outline)
            else:
                self.combine(outline, combine)

        self._background.run(partial(_outline, reader, seed), take, self._notices.error)

    def _erase(self, geometry: Geometry, targets: tuple[AnnotationId, ...]) -> None:
        self._annotating.edit(targets, lambda image_id, chosen: erase(image_id, chosen, geometry))


def _outline(reader: ImageReader, seed: WandSeed) -> Geometry:
    """Beside the window's thread; scikit-image comes in with the first touch, for it takes a third of the start."""
    from lnm_desktop.app.wand import wand_outline  # noqa: PLC0415

    return wand_outline(reader, seed.point, seed.downsample, seed.pull_px)


def _areas(annotations: AnnotationSet, ids: tuple[AnnotationId, ...]) -> tuple[AnnotationId, ...]:
    return tuple(known for known in ids if known in annotations and is_area(annotations.get(known).geometry))
