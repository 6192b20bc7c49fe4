"""Which file an image of a case is read from: noted, found again, or taken although it is another one."""

from __future__ import annotations

from dataclasses import dataclass

from lnm_desktop.domain.case import CaseImage
from lnm_desktop.store.encoding import image_to
from lnm_desktop.store.journal import Body, Edit, Op
from lnm_desktop.store.schema import ObjectKind


@dataclass(frozen=True)
class LinkFile:
    """Record path and fingerprint of an image's file. Journalled; not undone by Ctrl+Z."""

    image: CaseImage
    words: str

    def edit(self) -> Edit:
        """What the store is asked to change."""
        image = self.image
        after: dict[str, Body | None] = {image.id: image_to(image)}
        return Edit(ObjectKind.IMAGE, Op.REPLACE, self.words, after, case_id=image.case_id, image_id=image.id)
