"""Asks what part of the image to export, how fine and in which format, and says at once how large it will be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QDoubleSpinBox, QLineEdit, QVBoxLayout, QWidget

from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import Calibration, ImageInfo
from lnm_desktop.domain.picture import Picture, Resolution, check_png_size, whole_pixels
from lnm_desktop.errors import LnmError
from lnm_desktop.ui.widgets.parts import button, column, label, row


@dataclass(frozen=True)
class ExportSource:
    """The open image as the dialog needs it; None for what there is not. `label` names the source in the file."""

    info: ImageInfo
    calibration: Calibration
    seen: Region | None
    screen_downsample: float | None
    selected: Region | None = None
    annotations: AnnotationSet = field(default_factory=AnnotationSet)
    plane: int = 0
    label: str = ""
    drawings_shown: bool = True
    turned: bool = False


@dataclass(frozen=True)
class PictureFormat:
    """A kind of file; `bytes_per_px` is what stained tissue with some glass takes, pyramid included."""

    name: str
    suffix: str
    filter: str
    bytes_per_px: float
    lossless: bool = True


@dataclass(frozen=True)
class ExportWish:
    """What was asked for."""

    picture: Picture
    format: PictureFormat


PNG = PictureFormat("PNG", "png", "PNG (*.png)", 1.2)
OME_JPEG = PictureFormat(
    "OME-TIFF pyramid, JPEG", "ome.tif", "OME-TIFF (*.ome.tif *.ome.tiff *.tif *.tiff)", 0.35, lossless=False
)
OME_EXACT = PictureFormat("OME-TIFF pyramid, lossless", "ome.tif", OME_JPEG.filter, 1.7)
FORMATS = (PNG, OME_JPEG, OME_EXACT)
_UNITS: tuple[tuple[str, Callable[[float], Resolution]], ...] = (
    ("µm/px", lambda value: Resolution(mpp=value)),
    ("×", lambda value: Resolution(magnification=value)),
    ("image pixels per pixel", lambda value: Resolution(downsample=value)),
)
HINT = (
    "Colours are the slide's own: the look of the view and the model's map stay out, as do label and macro image. "
    "The file says: research use only."
)
_SCREEN, _NATIVE, _TYPED = range(3)


class RegionExportDialog(QDialog):
    """`wanted` gives an ExportWish; where to write it is asked afterwards."""

    wanted = Signal(object)

    def __init__(self, source: ExportSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Export Region")
        self.setMinimumWidth(440)
        self._source = source
        self._build()
        self._connect()
        self._show_wish()

    def wish(self) -> ExportWish:
        """What the fields say. Raises ImageError, FormatError, CalibrationMissing for what cannot be."""
        source, form = self._source, FORMATS[self.format.currentIndex()]
        picture = Picture(
            whole_pixels(self.region.currentData(), source.info),
            self._resolution().downsample_of(source.info, source.calibration),
            source.calibration,
            source.plane,
            scale_bar=self.scale_bar.isChecked(),
            annotations=source.annotations if self.annotations.isChecked() else AnnotationSet(),
            label=self.label.text().strip(),
        )
        if form is PNG:
            check_png_size(picture)
        return ExportWish(picture, form)

    def _resolution(self) -> Resolution:
        choice = self.resolution.currentIndex()
        if choice == _TYPED:
            return _UNITS[self.unit.currentIndex()][1](self.value.value())
        seen = self._source.screen_downsample if choice == _SCREEN else None
        return Resolution(downsample=max(1.0, seen or 1.0))

    def _build(self) -> None:
        source = self._source
        self.region, self.resolution, self.format, self.unit = (QComboBox() for _ in range(4))
        self.value = QDoubleSpinBox()
        self.value.setDecimals(3)
        self.value.setRange(0.01, 10_000)
        known = source.calibration.is_known
        self.value.setValue(1.0 if known else 2.0)
        self.unit.addItems([name for name, _ in _UNITS])
        self.unit.setCurrentIndex(0 if known else 2)
        self.format.addItems([form.name for form in FORMATS])
        self.scale_bar = QCheckBox("Draw a scale bar")
        self.scale_bar.setChecked(True)
        self.annotations = QCheckBox(f"Draw the annotations ({len(source.annotations)})")
        self.annotations.setEnabled(bool(len(source.annotations)))
        self.annotations.setChecked(bool(len(source.annotations)) and source.drawings_shown)
        self.label = QLineEdit(source.label)
        self.label.setPlaceholderText("none")
        self.label.setToolTip("Written into the file. It must say nothing about the person.")
        self._fill_regions()
        self._fill_resolutions()
        self.estimate, self.problem = label("", "heading"), label("", "error")
        self.accept_button = button("Export…", "Choose where to write it", "primary")
        self.reject_button = button("Cancel")
        self.setLayout(self._arrange())

    def _fill_regions(self) -> None:
        source = self._source
        entries = (
            ("What is seen, upright" if source.turned else "What is seen", source.seen, "nothing is"),
            ("Bounds of the selected annotations", source.selected, "none is selected"),
            ("Whole image", source.info.region, ""),
        )
        for words, region, without in entries:
            self.region.addItem(words if region else f"{words} ({without})", region)
            _enable_last(self.region, region is not None)
        self.region.setCurrentIndex(next(place for place, (_, region, _) in enumerate(entries) if region))

    def _fill_resolutions(self) -> None:
        source = self._source
        screen = source.screen_downsample
        self.resolution.addItem(
            f"As on the screen, {self._words(max(1.0, screen))}" if screen else "As on the screen"
        )
        _enable_last(self.resolution, screen is not None)
        self.resolution.addItem(f"Native, {self._words(1.0)}")
        self.resolution.addItem("Typed:")
        self.resolution.setCurrentIndex(_SCREEN if screen else _NATIVE)

    def _words(self, downsample: float) -> str:
        calibration = self._source.calibration
        if calibration.is_known:
            return f"{calibration.mpp * downsample:.3g} µm/px"
        return f"{downsample:.3g} image pixels per pixel" if downsample != 1 else "pixel for pixel"

    def _arrange(self) -> QVBoxLayout:
        typed = row(self.value, self.unit)
        typed.setStretch(0, 1)
        layout = column(label("Region"), self.region, label("Resolution"), self.resolution)
        layout.addLayout(typed)
        for widget in (label("Format"), self.format, self.scale_bar, self.annotations):
            layout.addWidget(widget)
        layout.addWidget(label("Source named in the file"))
        layout.addWidget(self.label)
        layout.addSpacing(8)
        layout.addWidget(self.estimate)
        layout.addWidget(self.problem)
        layout.addWidget(label(HINT, "hint"))
        layout.addLayout(row(None, self.reject_button, self.accept_button))
        return layout

    def _connect(self) -> None:
        for box in (self.region, self.resolution, self.format, self.unit):
            box.currentIndexChanged.connect(self._show_wish)
        self.value.valueChanged.connect(self._take_typed)
        self.value.lineEdit().textEdited.connect(self._take_typed)
        self.unit.activated.connect(self._take_typed)
        self.reject_button.clicked.connect(self.reject)
        self.accept_button.clicked.connect(self._accept)

    def _take_typed(self) -> None:
        """A number that is typed is meant."""
        self.resolution.setCurrentIndex(_TYPED)
        self._show_wish()

    def _show_wish(self) -> None:
        try:
            wish = self.wish()
        except LnmError as error:
            self.estimate.setText("")
            self.problem.setText(f"{error.message}. {error.hint}")
            self.accept_button.setEnabled(False)
        else:
            self.estimate.setText(estimate_words(wish))
            self.problem.setText("")
            self.accept_button.setEnabled(True)
        self.problem.setVisible(bool(self.problem.text()))

    def _accept(self) -> None:
        self.wanted.emit(self.wish())
        self.accept()


def estimate_words(wish: ExportWish) -> str:
    """As in "2,220 × 2,967 pixels, 0.998 µm/px, about 8 MB"."""
    width, height = wish.picture.size
    pixel = wish.picture.pixel_um
    size = f"{pixel[0]:.4g} µm/px, " if pixel else ""
    megabytes = width * height * wish.format.bytes_per_px / 1e6
    return f"{width:,} × {height:,} pixels, {size}about {_amount(megabytes)}"


def _amount(megabytes: float) -> str:
    if megabytes >= 1000:
        return f"{megabytes / 1000:,.1f} GB"
    return f"{megabytes:.0f} MB" if megabytes >= 10 else f"{max(0.1, megabytes):.1f} MB"


def _enable_last(box: QComboBox, enabled: bool) -> None:
    model = box.model()
    if isinstance(model, QStandardItemModel):
        model.item(box.count() - 1).setEnabled(enabled)
