"""What an examination of a plugin found, in a form that crosses a process border."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a model keeps a rule, in words. `model` is empty where the rule is one of the whole plugin."""

    rule: str
    state: State
    words: str = ""
    model: str = ""
