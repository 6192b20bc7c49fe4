"""Files that were moved or renamed, found again by what they hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lnm_desktop.app.session import Session
from lnm_desktop.domain.case import CaseImage
from lnm_desktop.errors import ImageNotFound
from lnm_desktop.imaging.fingerprint import quick_fingerprint
from lnm_desktop.imaging.open import images_in


@dataclass(frozen=True, slots=True)
class Relinked:
    """Which images have their file again, which still have none, and how many files were looked at."""

    found: tuple[CaseImage, ...]
    missing: tuple[CaseImage, ...]
    looked_at: int


def lost_images(session: Session) -> list[CaseImage]:
    """Images whose file is not where it was."""
    images = [image for case in session.cases() for image in session.images(case.id)]
    return [image for image in images if not Path(image.path).exists()]


def find_moved(session: Session, folder: Path) -> Relinked:
    """Look in a folder, and in those inside it, for the files of all lost images, and note where they are.

    A file counts where its fingerprint is that of the image; names do not. An image that was added before files had
    fingerprints is not found. Raises ImageUnsupported for too many files, StoreError.
    """
    lost = {image.fingerprint: image for image in lost_images(session) if image.fingerprint}
    found: list[CaseImage] = []
    looked_at = 0
    for path in _candidates(folder, {Path(image.path).suffix.lower() for image in lost.values()}):
        if not lost:
            break
        looked_at += 1
        image = lost.pop(_fingerprint(path), None)
        if image is not None:
            words = f"Find the file of {image.label}"
            found.append(session.link_file(image.id, str(path.resolve()), image.fingerprint, words))
    return Relinked(tuple(found), tuple(lost_images(session)), looked_at)


def _candidates(folder: Path, suffixes: set[str]) -> Iterator[Path]:
    return (path for path in images_in(folder)[0] if path.suffix.lower() in suffixes)


def _fingerprint(path: Path) -> str:
    try:
        return quick_fingerprint(path)
    except ImageNotFound:
        return ""
