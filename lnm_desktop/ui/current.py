"""What is open now: workspace, case, image."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from lnm_desktop.app.session import Session
from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.domain.case import Case, CaseImage
from lnm_desktop.domain.clinical import ClinicalRecord
from lnm_desktop.domain.ids import CaseId
from lnm_desktop.domain.image import Calibration, CalibrationSource
from lnm_desktop.imaging.reader import ImageReader


class Current(QObject):
    """Tells when another case or image is open; what they contain is the session's."""

    case_changed = Signal()
    image_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session: Session | None = None
        self.case: Case | None = None
        self.image: CaseImage | None = None
        self.reader: ImageReader | None = None

    def open_case(self, case_id: CaseId) -> None:
        """Another case; its images are opened one by one on request. Raises StoreError."""
        if self.session is None or (self.case is not None and self.case.id == case_id):
            return
        self.case = self.session.case(case_id)
        self.case_changed.emit()

    def open_image(self, image: CaseImage, reader: ImageReader) -> None:
        """Another image, and with it its case; the reader of the one before is closed. Raises StoreError."""
        before, self.reader, self.image = self.reader, reader, image
        self.open_case(image.case_id)
        self.image_changed.emit()
        if before is not None and before is not reader:
            before.close()

    def reload_image(self) -> None:
        """Read the image's record again: its pixel size may have been stated."""
        if self.session is not None and self.image is not None:
            self.image = self.session.image(self.image.id)
            self.image_changed.emit()

    def close(self) -> None:
        """Let reader and workspace go."""
        if self.reader is not None:
            self.reader.close()
        if self.session is not None:
            self.session.close()
        self.session = self.case = self.image = self.reader = None

    @property
    def calibration(self) -> Calibration:
        """The open image's pixel size: the file's, else the one that a person stated."""
        if self.reader is None or self.image is None:
            return Calibration()
        return calibration_of(self.reader.info.calibration, self.image.user_mpp)

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
