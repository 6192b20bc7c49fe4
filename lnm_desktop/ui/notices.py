"""Everything that the window has to tell passes through here and is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from lnm_desktop.errors import LnmError

T = TypeVar("T")
PASSING = frozenset({"FullError", "BusyError", "ReadOnlyError", "CantOpenError", "IOError"})
"""What SQLite calls a trouble of the disk that may pass."""


class Severity(StrEnum):
    """How much a notice weighs."""

    INFO = "info"
    WARN = "warn"
    ERROR = "error"


@dataclass(frozen=True)
class Offer:
    """Something that a notice offers to do."""

    words: str
    call: Callable[[], object]


@dataclass(frozen=True)
class Notice:
    """What happened, what to do about it, and details for whoever asks."""

    message: str
    hint: str = ""
    severity: Severity = Severity.INFO
    details: str = ""
    offer: Offer | None = None
    second: Offer | None = None
    time: datetime = field(default_factory=lambda: datetime.now().astimezone())

    @property
    def text(self) -> str:
        """One line for lists."""
        return f"{self.time:%H:%M:%S}  {self.message} {self.hint}".rstrip()


class Notices(QObject):
    """The list of notices of this session, newest last."""

    added = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: list[Notice] = []
        self._waiting: list[Callable[[], object]] = []

    def __iter__(self) -> Iterator[Notice]:
        return iter(tuple(self._kept))

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, notice: Notice) -> None:
        """Keep and show a notice."""
        self._kept.append(notice)
        self.added.emit(notice)

    def error(self, error: LnmError) -> None:
        """Keep and show an error."""
        self.add(notice_of(error))

    def attempt(self, work: Callable[[], T], *, keep: bool = True) -> T | None:
        """Do something short; an expected failure is told, and gives None.

        A change that the disk does not take is kept and waits for `save_waiting`, and so does every later one, for
        their order counts; `keep` is False for what is not worth it.
        """
        if keep and self._waiting:
            self._waiting.append(work)
            self.save_waiting()
            return None
        try:
            return work()
        except LnmError as error:
            self._failed(work, error, keep=keep)
            return None

    @property
    def unsaved(self) -> int:
        """How many changes wait in memory for the disk."""
        return len(self._waiting)

    def save_waiting(self) -> bool:
        """Try the waiting changes again, in order; True when none is left."""
        while self._waiting:
            try:
                self._waiting[0]()
            except LnmError as error:
                if self._is_passing(error):
                    self._tell_waiting(error)
                    return False
                self.error(error)
            self._waiting.pop(0)
            if not self._waiting:
                self.info("All changes are saved.")
        return True

    def forget_waiting(self) -> None:
        """Give the waiting changes up."""
        self._waiting.clear()

    def _failed(self, work: Callable[[], object], error: LnmError, *, keep: bool) -> None:
        if not self._is_passing(error):
            self.error(error)
        elif keep:
            self._waiting.append(work)
            self._tell_waiting(error)

    def _is_passing(self, error: LnmError) -> bool:
        return error.facts.get("code") in PASSING

    def _tell_waiting(self, error: LnmError) -> None:
        count = len(self._waiting)
        changes = "1 change waits" if count == 1 else f"{count} changes wait"
        hint = f"{changes} in memory, not on disk. {error.hint}"
        offer = Offer("Try again", self.save_waiting)
        self.add(Notice(f"Not saved: {error.message}", hint, Severity.ERROR, offer=offer))

    def warn(self, message: str, hint: str = "") -> None:
        """Keep and show a warning."""
        self.add(Notice(message, hint, Severity.WARN))

    def info(self, message: str, hint: str = "") -> None:
        """Keep and show a piece of news."""
        self.add(Notice(message, hint))


def notice_of(error: LnmError) -> Notice:
    """An error as a notice; its facts become the details."""
    trace = str(error.facts.get("trace", ""))
    facts = "\n".join(f"{key}: {value}" for key, value in error.facts.items() if key != "trace")
    details = "\n".join(part for part in (type(error).__name__, facts, trace) if part)
    return Notice(error.message, error.hint, Severity.ERROR, details)
