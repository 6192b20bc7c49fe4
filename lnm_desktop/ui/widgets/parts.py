"""Small pieces that every panel is put together from."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from lnm_desktop.ui.theme.stylesheet import set_role
from lnm_desktop.ui.theme.tokens import SPACE_M, SPACE_S


def label(text: str = "", role: str = "label", *, wrap: bool = True) -> QLabel:
    """Words in one of the style sheet's roles; they wrap rather than being cut."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    set_role(made, role)
    return made


def badge(text: str, tip: str = "") -> QLabel:
    """A mark that cannot be switched off."""
    made = label(text, "badge", wrap=False)
    made.setToolTip(tip)
    return made


def button(text: str, tip: str = "", role: str = "") -> QPushButton:
    """A push button with its explanation.

    Enter in a dialog's line presses the primary one, and none where there is no primary one: Qt would take the first.
    """
    made = QPushButton(text)
    made.setToolTip(tip)
    made.setAutoDefault(False)
    made.setDefault(role == "primary")
    if role:
        set_role(made, role)
    return made


def tool_button(text: str, tip: str) -> QToolButton:
    """A flat button with words."""
    made = QToolButton()
    made.setText(text)
    made.setToolTip(tip)
    return made


def column(*widgets: QWidget, margin: int = SPACE_M, spacing: int = SPACE_S) -> QVBoxLayout:
    """Widgets below one another."""
    layout = QVBoxLayout()
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(spacing)
    for widget in widgets:
        layout.addWidget(widget)
    return layout


def row(*widgets: QWidget | None, spacing: int = SPACE_S) -> QHBoxLayout:
    """Widgets beside one another; None takes what room is left."""
    layout = QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    for widget in widgets:
        if widget is None:
            layout.addStretch(1)
        else:
            layout.addWidget(widget)
    return layout


def scrolled(content: QWidget) -> QScrollArea:
    """Content that scrolls up and down only."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(content)
    return area


def clear_layout(layout: QBoxLayout) -> None:
    """Take everything out of a column, nested rows included."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        elif isinstance(inner := item.layout(), QBoxLayout):
            clear_layout(inner)
            inner.deleteLater()
