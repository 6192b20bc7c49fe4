"""A model's options as a form, made from their JSON schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox, QDoubleSpinBox, QLineEdit, QSpinBox, QWidget

from lnm_desktop.ui.widgets.parts import clear_layout, column, label

_LARGE = 10**9
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """One option's widget and the way to read its value."""

    widget: QWidget
    read: Callable[[], Any]


class OptionsForm(QWidget):
    """Shows a schema's properties; `values` gives what is set, in JSON types."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entries: dict[str, Entry] = {}
        self._column = column(margin=0)
        self.setLayout(self._column)

    def show_schema(self, schema: Schema) -> None:
        """Show the options of another model at their defaults."""
        clear_layout(self._column)
        self.entries = {}
        for name, described in schema.get("properties", {}).items():
            self._add(name, _resolve(described, schema))
        if not self.entries:
            self._column.addWidget(label("This model has no options.", "hint"))

    def values(self) -> dict[str, Any]:
        """The options as set."""
        return {name: entry.read() for name, entry in self.entries.items()}

    def _add(self, name: str, described: Schema) -> None:
        entry = _entry(described, self.changed.emit)
        title = str(described.get("title") or name.replace("_", " ").capitalize())
        if isinstance(entry.widget, QCheckBox):
            entry.widget.setText(title)
        else:
            self._column.addWidget(label(title))
        entry.widget.setObjectName(name)
        entry.widget.setAccessibleName(title)
        self._column.addWidget(entry.widget)
        hint = _hint(described)
        if hint:
            entry.widget.setToolTip(hint)
            self._column.addWidget(label(hint, "hint"))
        self.entries[name] = entry


def _resolve(described: Schema, schema: Schema) -> Schema:
    """A property with its reference followed and `X or null` read as X."""
    options = [option for option in described.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) == 1:
        described = {**options[0], **{key: value for key, value in described.items() if key != "anyOf"}}
    reference = described.get("$ref") or next(
        (part["$ref"] for part in described.get("allOf", ()) if "$ref" in part), ""
    )
    if reference:
        definition = schema.get("$defs", {}).get(str(reference).rsplit("/", 1)[-1], {})
        described = {**definition, **{key: value for key, value in described.items() if key != "$ref"}}
    return described


def _entry(described: Schema, changed: Callable[[], None]) -> Entry:
    if "enum" in described:
        return _choice(described, changed)
    makers = {"boolean": _check, "integer": _integer, "number": _number}
    return makers.get(str(described.get("type")), _text)(described, changed)


def _choice(described: Schema, changed: Callable[[], None]) -> Entry:
    box = QComboBox()
    choices = list(described["enum"])
    box.addItems([str(choice) for choice in choices])
    if described.get("default") in choices:
        box.setCurrentIndex(choices.index(described["default"]))
    box.currentIndexChanged.connect(lambda _index: changed())
    return Entry(box, lambda: choices[box.currentIndex()])


def _check(described: Schema, changed: Callable[[], None]) -> Entry:
    box = QCheckBox()
    box.setChecked(bool(described.get("default", False)))
    box.toggled.connect(lambda _on: changed())
    return Entry(box, box.isChecked)


def _integer(described: Schema, changed: Callable[[], None]) -> Entry:
    box = QSpinBox()
    low = described.get("minimum", described.get("exclusiveMinimum", -_LARGE - 1) + 1)
    high = described.get("maximum", described.get("exclusiveMaximum", _LARGE + 1) - 1)
    default = described.get("default", low)
    start = int(low) - 1 if default is None else int(default)
    box.setRange(min(start, int(low)), int(high))
    box.setValue(start)
    box.valueChanged.connect(lambda _value: changed())
    return _or_none(box, box.value, start if default is None else None)


def _number(described: Schema, changed: Callable[[], None]) -> Entry:
    box = QDoubleSpinBox()
    box.setDecimals(4)
    low = float(described.get("minimum", described.get("exclusiveMinimum", -_LARGE)))
    high = float(described.get("maximum", described.get("exclusiveMaximum", _LARGE)))
    default = described.get("default", low)
    box.setSingleStep(0.05 if high - low <= 1 else 1.0)
    start = low - box.singleStep() if default is None else float(default)
    box.setRange(min(start, low), high)
    box.setValue(start)
    box.valueChanged.connect(lambda _value: changed())
    return _or_none(box, box.value, start if default is None else None)


def _or_none(box: QAbstractSpinBox, read: Callable[[], float], unset: float | None) -> Entry:
    """The step below the minimum stands for "none", where that is the default."""
    if unset is None:
        return Entry(box, read)
    box.setSpecialValueText("not set")
    return Entry(box, lambda: None if read() <= unset else read())


def _text(described: Schema, changed: Callable[[], None]) -> Entry:
    field = QLineEdit(str(described.get("default") or ""))
    field.textChanged.connect(lambda _text: changed())
    optional = described.get("default", "") is None
    return Entry(field, lambda: None if optional and not field.text() else field.text())


def _hint(described: Schema) -> str:
    """What the option means and which numbers it takes."""
    low = described.get("minimum", described.get("exclusiveMinimum"))
    high = described.get("maximum", described.get("exclusiveMaximum"))
    limits = {
        (True, True): f"From {low} to {high}.",
        (True, False): f"At least {low}.",
        (False, True): f"At most {high}.",
        (False, False): "",
    }[(low is not None, high is not None)]
    return f"{described.get('description', '')} {limits}".strip()
