"""Whether the storage that holds a file answers: it is asked on threads of their own, which may hang for ever."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PATIENCE_S = 2.0


class Storage:
    """Asks after files, each with one question at a time. Thread-safe.

    `on_return(path)` is called on a thread of this class when a file answers that had kept somebody waiting in vain.
    """

    def __init__(self, on_return: Callable[[Path], None] | None = None, patience_s: float = PATIENCE_S) -> None:
        self._on_return = on_return or (lambda _path: None)
        self._patience_s = patience_s
        self._questions: dict[Path, _Question] = {}
        self._lock = threading.Lock()

    def answers(self, path: Path) -> bool:
        """False where the storage does not even say within two seconds whether the file exists."""
        with self._lock:
            question = self._questions.get(path)
            if question is None:
                question = self._questions[path] = _Question()
                threading.Thread(target=self._ask, args=(path, question), name="storage", daemon=True).start()
        if question.answered.wait(max(0.0, question.began_s + self._patience_s - time.monotonic())):
            return True
        with self._lock:
            question.in_vain = not question.answered.is_set()
            return not question.in_vain

    def is_silent(self, path: Path) -> bool:
        """True while an earlier question about this file waits in vain; costs nothing."""
        question = self._questions.get(path)
        return question is not None and question.in_vain

    def _ask(self, path: Path, question: _Question) -> None:
        _touch(path)
        with self._lock:
            del self._questions[path]
            question.answered.set()
        if question.in_vain:
            self._on_return(path)


class _Question:
    def __init__(self) -> None:
        self.began_s = time.monotonic()
        self.answered = threading.Event()
        self.in_vain = False


def _touch(path: Path) -> None:
    """Open and close: unlike a question for size and time, no network file system answers that from memory."""
    with suppress(OSError, ValueError):
        os.close(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)))
