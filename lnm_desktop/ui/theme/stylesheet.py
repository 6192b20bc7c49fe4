"""Tokens in, one style sheet for the whole application out."""

from __future__ import annotations

from string import Template

from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from lnm_desktop.paths import resource
from lnm_desktop.ui.theme import tokens as t

_SHEET = Template("""
QWidget { color: $text; font-size: ${base}pt; }
QMainWindow, QDialog { background: $window; }
QDialog[role="palette"] { border: 1px solid $accent; }
QMainWindow::separator { background: $window; width: 4px; height: 4px; }
QMainWindow::separator:hover { background: $accent; }
QToolTip { background: $raised; color: $text; border: 1px solid $border; padding: ${xs}px; }

QMenuBar { background: $window; padding: 2px ${xs}px; }
QMenuBar::item { padding: ${xs}px ${s}px; border-radius: ${radius}px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $raised; border: 1px solid $border; padding: ${xs}px; }
QMenu::item { padding: 5px ${xl}px 5px ${l}px; border-radius: ${radius}px; }
QMenu::item:selected { background: $accent; color: $on_accent; }
QMenu::item:disabled { color: $dim; }
QMenu::separator { height: 1px; background: $border; margin: ${xs}px; }

QToolBar { background: $window; border: none; spacing: 2px; padding: 2px ${s}px; }
QToolBar::separator { background: $border; width: 1px; margin: ${xs}px ${s}px; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: ${radius}px; padding: ${xs}px; }
QToolButton:hover { background: $hover; }
QToolButton:checked { background: $accent; color: $on_accent; }
QToolButton:focus { border-color: $accent; }
QToolButton:disabled { color: $dim; }

QStatusBar { background: $window; }
QStatusBar::item { border: none; }
QStatusBar QLabel { padding: 0 ${s}px; color: $dim; font-size: ${small}pt; }
QStatusBar QLabel[role="research"] { color: $warn; }

QDockWidget { font-size: ${small}pt; color: $dim; }
QDockWidget::title { background: $window; padding: 6px ${m}px; text-align: left; }
QDockWidget > QWidget { background: $surface; }
QTabWidget::pane { border: none; background: $surface; }
QTabBar { background: $window; qproperty-drawBase: 0; }
QTabBar::tab { background: $window; color: $dim; padding: 7px 5px; border: none; font-size: ${small}pt;
               border-bottom: 2px solid transparent; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; background: $surface; border-bottom: 2px solid $accent; }
QTabBar::tab:focus { color: $accent; }
QScrollArea, QScrollArea > QWidget > QWidget { background: $surface; border: none; }

QLabel { background: transparent; }
QLabel[role="hint"] { color: $dim; font-size: ${small}pt; }
QLabel[role="label"] { color: $text; }
QLabel[role="heading"] { font-weight: 600; }
QLabel[role="section"] { color: $dim; font-size: ${small}pt; font-weight: 600; }
QLabel[role="title"] { font-size: ${large}pt; }
QLabel[role="number"] { font-size: ${large}pt; font-weight: 600; color: $model; }
QLabel[role="error"] { color: $error; font-size: ${small}pt; }
QLabel[role="warn"] { color: $warn; font-size: ${small}pt; }
QLabel[role="ok"] { color: $ok; font-size: ${small}pt; }
QLabel[role="badge"] { color: $warn; border: 1px solid $warn; border-radius: ${radius}px; padding: 1px 6px;
                       font-size: ${small}pt; font-weight: 600; }
QFrame[role="card"] { background: $raised; border: 1px solid $border; border-radius: ${radius}px; }
QFrame[role="rule"] { background: $border; border: none; max-height: 1px; min-height: 1px; }
QFrame[role="bar-error"] { background: $raised; border: none; border-left: 4px solid $error; }
QFrame[role="bar-warn"] { background: $raised; border: none; border-left: 4px solid $warn; }
QFrame[role="bar-info"] { background: $raised; border: none; border-left: 4px solid $accent; }
QWidget[role="empty"], QWidget[role="surface"] { background: $surface; }
QWidget[role="head"], QFrame[role="pane-alone"] { background: $window; }
QFrame[role="pane"] { background: $border; }
QFrame[role="pane-active"] { background: $accent; }
QLabel[role="guide"] { background: $accent; color: $on_accent; padding: ${xs}px ${m}px; }

QPushButton { background: $raised; border: 1px solid $border; border-radius: ${radius}px; padding: 5px ${m}px; }
QPushButton:hover { background: $hover; }
QPushButton:focus { border-color: $accent; }
QPushButton:checked { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton:disabled { color: $dim; background: $surface; }
QPushButton[role="primary"] { background: $accent; color: $on_accent; border-color: $accent; font-weight: 600; }
QPushButton[role="primary"]:disabled { background: $raised; color: $dim; border-color: $border; }
QPushButton[role="segment"], QPushButton[role="absent"] { padding: 5px ${s}px; }
QPushButton[role="absent"] { color: $dim; background: $surface; }
QPushButton[role="absent"]:checked { color: $text; background: $hover; border-color: $dim; }

QLineEdit, QComboBox, QAbstractSpinBox, QPlainTextEdit, QTextBrowser {
  background: $raised; border: 1px solid $border; border-radius: ${radius}px; padding: 4px 6px;
  selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit { placeholder-text-color: $dim; }
QLineEdit:focus, QComboBox:focus, QAbstractSpinBox:focus { border-color: $accent; }
QLineEdit[role="invalid"] { border-color: $error; }
QLineEdit[role="scale"] { background: transparent; border-color: transparent; color: $dim; padding: 2px 6px;
                          font-size: ${small}pt; }
QLineEdit[role="scale"]:hover { border-color: $border; color: $text; }
QLineEdit[role="scale"]:focus { background: $raised; border-color: $accent; color: $text; }
QLineEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled { color: $dim; background: $surface; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url("$marks/$name-down.svg"); width: 12px; height: 12px; }
QAbstractSpinBox { padding-right: 18px; }
QAbstractSpinBox QLineEdit { background: transparent; border: none; padding: 0 0 0 2px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { background: transparent; border: none; width: 18px; }
QAbstractSpinBox::up-button { subcontrol-position: top right; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; }
QAbstractSpinBox::up-arrow { image: url("$marks/$name-up.svg"); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url("$marks/$name-down.svg"); width: 10px; height: 10px; }
QCheckBox::indicator, QRadioButton::indicator, QListWidget::indicator {
  border: 1px solid $dim; background: $raised; width: 14px; height: 14px; }
QCheckBox::indicator, QListWidget::indicator { border-radius: 3px; }
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:checked, QListWidget::indicator:checked {
  background: $accent; border-color: $accent; image: url("$marks/$name-check.svg"); }
QRadioButton::indicator:checked { border-color: $accent; background: qradialgradient(
  cx: 0.5, cy: 0.5, radius: 0.5, fx: 0.5, fy: 0.5, stop: 0 $accent, stop: 0.5 $accent, stop: 0.6 $raised); }
QRadioButton { spacing: ${s}px; background: transparent; }
QRadioButton:disabled { color: $dim; }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $border; selection-background-color: $accent;
                              selection-color: $on_accent; }
QCheckBox { spacing: ${s}px; background: transparent; }
QCheckBox:disabled { color: $dim; }
QCheckBox::indicator:checked:disabled, QListWidget::indicator:checked:disabled {
  background: $border; border-color: $border; }

QTreeView, QTableView, QListView { background: $surface; alternate-background-color: $raised; border: none;
  outline: none; gridline-color: $border; selection-background-color: $accent; selection-color: $on_accent; }
QTreeView::item, QListView::item { padding: 3px 2px; }
QTreeView::item:hover, QListView::item:hover { background: $hover; }
QTreeView::item:disabled { color: $dim; }
QTreeView::item:selected, QListView::item:selected, QTableView::item:selected {
  background: $accent; color: $on_accent; }
QHeaderView { background: $surface; }
QHeaderView::section { background: $surface; color: $dim; border: none; border-bottom: 1px solid $border;
                       padding: ${xs}px 6px; font-size: ${small}pt; }

QProgressBar { background: $raised; border: none; border-radius: 2px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }
QSlider { background: transparent; }
QSlider::groove:horizontal { height: 4px; background: $border; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal { background: $text; width: 12px; margin: -4px 0; border-radius: 6px; }
QSlider:focus { border: 1px solid $accent; border-radius: 3px; }
QScrollBar:vertical { background: transparent; width: 10px; }
QScrollBar:horizontal { background: transparent; height: 10px; }
QScrollBar::handle { background: $border; border-radius: 4px; min-height: 24px; min-width: 24px; margin: 1px; }
QScrollBar::handle:hover { background: $dim; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
""")


def stylesheet(tokens: t.Tokens) -> str:
    """The style sheet of one theme."""
    colors = {name: getattr(tokens, name) for name in t.Tokens.__dataclass_fields__}
    sizes = {"small": t.TEXT_SMALL_PT, "base": t.TEXT_BASE_PT, "large": t.TEXT_LARGE_PT, "radius": t.RADIUS}
    spaces = {"xs": t.SPACE_XS, "s": t.SPACE_S, "m": t.SPACE_M, "l": t.SPACE_L, "xl": t.SPACE_XL}
    colors["marks"] = resource("theme", "marks").as_posix()
    return _SHEET.substitute({**colors, **{key: str(value) for key, value in {**sizes, **spaces}.items()}})


def apply_theme(application: QApplication, theme: str) -> t.Tokens:
    """Switch the whole application at once; gives the tokens for those who paint by hand."""
    tokens = t.tokens_of(theme)
    application.setStyle("Fusion")
    application.setPalette(_palette(tokens))
    application.setFont(_tabular(application.font()))
    application.setStyleSheet(stylesheet(tokens))
    return tokens


def set_role(widget: QWidget, role: str) -> None:
    """Give a widget the look of a role of the style sheet."""
    if widget.property("role") == role:
        return
    widget.setProperty("role", role)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def _palette(tokens: t.Tokens) -> QPalette:
    roles = QPalette.ColorRole
    colors = {
        roles.Window: tokens.window,
        roles.WindowText: tokens.text,
        roles.Base: tokens.raised,
        roles.AlternateBase: tokens.surface,
        roles.Text: tokens.text,
        roles.Button: tokens.raised,
        roles.ButtonText: tokens.text,
        roles.ToolTipBase: tokens.raised,
        roles.ToolTipText: tokens.text,
        roles.PlaceholderText: tokens.dim,
        roles.Highlight: tokens.accent,
        roles.HighlightedText: tokens.on_accent,
        roles.Link: tokens.accent,
        roles.Mid: tokens.border,
    }
    palette = QPalette()
    for role, color in colors.items():
        palette.setColor(role, QColor(color))
    for role in (roles.Text, roles.WindowText, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(tokens.dim))
    return palette


def _tabular(font: QFont) -> QFont:
    """The system's font with figures of one width, so that numbers do not dance."""
    font.setFeature(QFont.Tag("tnum"), 1)
    return font
