"""What is open now: workspace, case, and the image of the active pane."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from lnm_desktop.app.session import Session
from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.domain.case import Case, CaseImage
from lnm_desktop.domain.clinical import ClinicalRecord
from lnm_desktop.domain.ids import CaseId
from lnm_desktop.domain.image import Calibration, CalibrationSource
from lnm_desktop.imaging.reader import ImageReader


class Slot:
    """The image that is open in one pane, and its reader; both None in an empty one."""

    def __init__(self) -> None:
        self.image: CaseImage | None = None
        self.reader: ImageReader | None = None

    @property
    def calibration(self) -> Calibration:
        """The image's pixel size: the file's, else the one that a person stated."""
        if self.reader is None or self.image is None:
            return Calibration()
        return calibration_of(self.reader.info.calibration, self.image.user_mpp)

    def put(self, image: CaseImage, reader: ImageReader) -> ImageReader | None:
        """Another image; gives the reader before, to be closed once nothing shows it any more."""
        before = self.reader if self.reader is not reader else None
        self.image, self.reader = image, reader
        return before

    def close(self) -> None:
        """Be empty; twice is allowed."""
        if self.reader is not None:
            self.reader.close()
        self.image = self.reader = None


class Current(QObject):
    """Tells when another case or image is the current one; what they contain is the session's.

    `slot` is that of the active pane. `image_changed` also follows when another pane becomes active, and when the
    image's record has changed.
    """

    case_changed = Signal()
    image_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session: Session | None = None
        self.case: Case | None = None
        self.slot = Slot()

    @property
    def image(self) -> CaseImage | None:
        """The active pane's image."""
        return self.slot.image

    @property
    def reader(self) -> ImageReader | None:
        """The active pane's reader."""
        return self.slot.reader

    def open_case(self, case_id: CaseId) -> None:
        """Another case; its images are opened one by one on request. Raises StoreError."""
        if self.session is None or (self.case is not None and self.case.id == case_id):
            return
        self.case = self.session.case(case_id)
        self.case_changed.emit()

    def open_image(self, image: CaseImage, reader: ImageReader) -> None:
        """Another image, and with it its case; the reader of the one before is closed. Raises StoreError."""
        before = self.slot.put(image, reader)
        self.open_case(image.case_id)
        self.image_changed.emit()
        if before is not None:
            before.close()

    def use(self, slot: Slot) -> bool:
        """Another pane is active: its image is the current one, and its case; tells whether that is another case.

        Nobody hears of it before `tell`. Raises StoreError.
        """
        self.slot = slot
        if self.session is None or slot.image is None or (self.case and self.case.id == slot.image.case_id):
            return False
        self.case = self.session.case(slot.image.case_id)
        return True

    def tell(self, *, another_case: bool) -> None:
        """Tell what `use` has changed."""
        if another_case:
            self.case_changed.emit()
        self.image_changed.emit()

    def reload_case(self) -> None:
        """Read the case's record again: its details may have been changed."""
        if self.session is not None and self.case is not None:
            self.case = self.session.case(self.case.id)

    def reload_image(self) -> None:
        """Read the image's record again: its pixel size may have been stated."""
        if self.session is not None and self.image is not None:
            self.slot.image = self.session.image(self.image.id)
            self.image_changed.emit()

    def close(self) -> None:
        """Let reader and workspace go."""
        self.slot.close()
        if self.session is not None:
            self.session.close()
        self.session = self.case = None

    @property
    def calibration(self) -> Calibration:
        """The open image's pixel size: the file's, else the one that a person stated."""
        return self.slot.calibration

    def shows(self, image: CaseImage) -> bool:
        """True while this image is the open one."""
        return self.image is not None and self.image.id == image.id

    @property
    def annotations(self) -> AnnotationSet | None:
        """What is drawn on the open image."""
        return self.session.annotations(self.image.id) if self.session and self.image else None

    @property
    def clinical(self) -> ClinicalRecord | None:
        """The open case's clinical data."""
        return self.session.clinical(self.case.id) if self.session and self.case else None


def calibration_of(stated: Calibration, user_mpp: float) -> Calibration:
    """The file's calibration; where it has none, the user's."""
    if stated.is_known or user_mpp <= 0:
        return stated
    return Calibration(user_mpp, user_mpp, CalibrationSource.USER)
