"""One clinical field on the screen: a value, "unknown" or "not asked", never one for another."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPushButton, QWidget

from lnm_desktop.domain.clinical import Absent, ClinicalField, FieldKind, Value
from lnm_desktop.errors import ClinicalError
from lnm_desktop.ui.theme.stylesheet import set_role
from lnm_desktop.ui.widgets.parts import badge, button, column, label, row

_ABSENT_WORDS = {Absent.UNKNOWN: "Unknown", Absent.NOT_ASKED: "Not asked"}
_ABSENT_TIPS = {
    Absent.UNKNOWN: "It was asked, and the answer is not known",
    Absent.NOT_ASKED: "Nobody has asked yet; the field counts as open",
}


class ClinicalFieldEdit(QWidget):
    """Label above, field with its unit inside, range below; `accepted` gives a checked value that changed."""

    accepted = Signal(str, object)

    def __init__(self, field: ClinicalField, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self._value: Value = Absent.NOT_ASKED
        self.absent = {
            reason: _segment(words, _ABSENT_TIPS[reason], "absent") for reason, words in _ABSENT_WORDS.items()
        }
        self.problem = label("", "error")
        self.problem.hide()
        self._make_entry()
        self._arrange()
        for reason, segment in self.absent.items():
            segment.clicked.connect(lambda _checked=False, reason=reason: self._give(reason))
        self.show_value(Absent.NOT_ASKED)

    def show_value(self, value: Value) -> None:
        """Show what the record holds, without saying that it changed."""
        self._value = value
        self._mark("")
        for reason, segment in self.absent.items():
            segment.setChecked(value is reason)
        self._show_entry(None if isinstance(value, Absent) else value)

    def _give(self, value: Value) -> None:
        """Take what the user entered: checked and told on, or marked with the reason and not stored."""
        try:
            checked = self.field.check(value)
        except ClinicalError as error:
            self._refuse(f"{error.message}. {error.hint} Not stored.")
            return
        changed = checked != self._value or type(checked) is not type(self._value)
        self.show_value(checked)
        if changed:
            self.accepted.emit(self.field.id, checked)

    def _refuse(self, reason: str) -> None:
        for segment in self.absent.values():
            segment.setChecked(False)
        self._mark(reason)

    def _mark(self, reason: str) -> None:
        self.problem.setText(reason)
        self.problem.setVisible(bool(reason))

    def _make_entry(self) -> None:
        raise NotImplementedError

    def _show_entry(self, value: float | str | bool | None) -> None:
        raise NotImplementedError

    def _entry_row(self) -> QHBoxLayout:
        raise NotImplementedError

    def _arrange(self) -> None:
        head = [label(self.field.label, wrap=True)]
        tip = "Known only after surgery: a model for use before surgery must not be given it"
        line = row(*head) if self.field.preoperative else row(*head, badge("after surgery", tip))
        line.setStretch(0, 1)
        layout = column(margin=0, spacing=3)
        layout.addLayout(line)
        layout.addLayout(self._entry_row())
        hint = hint_of(self.field)
        if hint:
            layout.addWidget(label(hint, "hint"))
        layout.addWidget(self.problem)
        self.setToolTip(self.field.meaning)
        self.setLayout(layout)


class NumberEdit(ClinicalFieldEdit):
    """A number, typed; anything that is no number or out of range is marked and not stored."""

    def _make_entry(self) -> None:
        self.entry = QLineEdit()
        self.entry.setAccessibleName(self.field.label)
        self.entry.editingFinished.connect(self._finish)
        self.entry.textEdited.connect(self._typed)
        _unit_inside(self.entry, self.field.unit)

    def _entry_row(self) -> QHBoxLayout:
        line = row(self.entry, *self.absent.values(), spacing=4)
        line.setStretch(0, 1)
        return line

    def _show_entry(self, value: float | str | bool | None) -> None:
        self.entry.setText("" if value is None else f"{float(value):.{self.field.decimals}f}")
        self.entry.setModified(False)

    def _mark(self, reason: str) -> None:
        super()._mark(reason)
        set_role(self.entry, "invalid" if reason else "")

    def _typed(self, text: str) -> None:
        """While a number stands in the field, neither reason for its absence is true."""
        for reason, segment in self.absent.items():
            segment.setChecked(not text and self._value is reason)

    def _finish(self) -> None:
        text = self.entry.text().strip()
        if not self.entry.isModified():
            return
        if not text:
            self._give(Absent.NOT_ASKED)
            return
        number = parse_number(text)
        self._give(text if number is None else number)


class ChoiceEdit(ClinicalFieldEdit):
    """One of several words."""

    def _make_entry(self) -> None:
        self.entry = QComboBox()
        self.entry.setAccessibleName(self.field.label)
        self.entry.setPlaceholderText("Choose")
        self.entry.addItems(list(self.field.choices))
        self.entry.setMinimumContentsLength(6)
        self.entry.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.entry.activated.connect(lambda place: self._give(self.field.choices[place]))

    def _entry_row(self) -> QHBoxLayout:
        line = row(self.entry, *self.absent.values(), spacing=4)
        line.setStretch(0, 1)
        return line

    def _show_entry(self, value: float | str | bool | None) -> None:
        self.entry.setCurrentIndex(self.field.choices.index(str(value)) if value in self.field.choices else -1)


class YesNoEdit(ClinicalFieldEdit):
    """Yes or no."""

    def _make_entry(self) -> None:
        self.answers = {True: _segment("Yes", ""), False: _segment("No", "")}
        for answer, segment in self.answers.items():
            segment.clicked.connect(lambda _checked=False, answer=answer: self._give(answer))

    def _entry_row(self) -> QHBoxLayout:
        return row(*self.answers.values(), None, *self.absent.values(), spacing=4)

    def _show_entry(self, value: float | str | bool | None) -> None:
        for answer, segment in self.answers.items():
            segment.setChecked(value is answer)


def field_edit(field: ClinicalField) -> ClinicalFieldEdit:
    """The widget for a field's kind."""
    kinds = {FieldKind.NUMBER: NumberEdit, FieldKind.CHOICE: ChoiceEdit, FieldKind.BOOLEAN: YesNoEdit}
    return kinds[field.kind](field)


def hint_of(field: ClinicalField) -> str:
    """Range with its unit, then the meaning."""
    return " ".join(part for part in (_range_words(field), field.meaning) if part)


def parse_number(text: str) -> float | None:
    """A number written with a point or a decimal comma; None when it is not one."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def _range_words(field: ClinicalField) -> str:
    low, high, unit = field.minimum, field.maximum, f" {field.unit}" if field.unit else ""
    if low is None and high is None:
        return ""
    if high is None:
        return f"At least {low:g}{unit}."
    return f"At most {high:g}{unit}." if low is None else f"{low:g} to {high:g}{unit}."


def _segment(words: str, tip: str, role: str = "segment") -> QPushButton:
    made = button(words, tip, role)
    made.setCheckable(True)
    return made


def _unit_inside(entry: QLineEdit, unit: str) -> None:
    """The unit at the right end of the field, where it cannot be typed over."""
    if not unit:
        return
    words = label(unit, "hint", wrap=False)
    inner = row(None, words)
    inner.setContentsMargins(0, 0, 8, 0)
    entry.setLayout(inner)
    entry.setTextMargins(0, 0, words.sizeHint().width() + 8, 0)
