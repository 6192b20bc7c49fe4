"""A picture that fits into the room there is."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy


class FittedPicture(QLabel):
    """Fits a picture into the room there is, never larger than twice its size."""

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setMinimumSize(120, 80)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)

    def show_image(self, image: QImage | None) -> None:
        """Show this, or nothing."""
        self._image = image
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Fit again."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if self._image is None:
            self.clear()
            return
        ratio = self.devicePixelRatioF()
        room, most = self.size() * ratio, self._image.size() * 2
        size = QSize(min(room.width(), most.width()), min(room.height(), most.height()))
        smooth = Qt.TransformationMode.SmoothTransformation
        fitted = QPixmap.fromImage(self._image.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, smooth))
        fitted.setDevicePixelRatio(ratio)
        self.setPixmap(fitted)
