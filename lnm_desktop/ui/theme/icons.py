"""Small line drawings, coloured by the theme."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from lnm_desktop.paths import resource
from lnm_desktop.ui.theme.tokens import ICON_PX, Tokens


def icon(name: str, tokens: Tokens) -> QIcon:
    """The drawing of that name, in the text's colour, the dim one when disabled, inverted when checked."""
    modes = (
        (QIcon.Mode.Normal, QIcon.State.Off, tokens.text),
        (QIcon.Mode.Disabled, QIcon.State.Off, tokens.border),
        (QIcon.Mode.Normal, QIcon.State.On, tokens.on_accent),
        (QIcon.Mode.Active, QIcon.State.On, tokens.on_accent),
    )
    source = resource("theme", "icons", f"{name}.svg").read_text(encoding="utf-8")
    made = QIcon()
    for mode, state, color in modes:
        for scale in (1, 2):
            made.addPixmap(_draw(source, color, scale), mode, state)
    return made


@cache
def plain_icon(name: str, tokens: Tokens) -> QIcon:
    """The drawing of that name in one colour, for lists: an open branch there counts as "on".

    Drawn once: thousands of lines of a list share it.
    """
    source = resource("theme", "icons", f"{name}.svg").read_text(encoding="utf-8")
    made = QIcon()
    for scale in (1, 2):
        made.addPixmap(_draw(source, tokens.dim, scale))
    made.addPixmap(_draw(source, tokens.on_accent, 2), QIcon.Mode.Selected)
    return made


def swatch(color: str, size_px: int = 12) -> QIcon:
    """A filled square of a group's colour."""
    pixmap = QPixmap(size_px, size_px)
    pixmap.fill(QColor(color))
    made = QIcon()
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected, QIcon.Mode.Disabled):
        made.addPixmap(pixmap, mode)
    return made


def _draw(source: str, color: str, scale: int) -> QPixmap:
    edge = ICON_PX * scale
    pixmap = QPixmap(edge, edge)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(source.replace("currentColor", color).encode())).render(painter, QRectF(0, 0, edge, edge))
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return pixmap
