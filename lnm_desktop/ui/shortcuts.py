"""Which key does what: the table of actions with what the user changed, kept free of doubles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence

from lnm_desktop.ui.actions import ACTIONS, Actions

USUAL = {spec.id: spec.shortcut for spec in ACTIONS}


@dataclass(frozen=True)
class FixedKey:
    """What canvas, tables and fields do with a key by themselves; `key` is empty for the mouse."""

    menu: str
    what: str
    shown: str
    key: str = ""


FIXED_KEYS = (
    FixedKey("Viewer", "Zoom at the cursor", "Wheel"),
    FixedKey("Viewer", "Pan with any tool", "Space + drag, middle button", "Space"),
    FixedKey("Viewer", "Turn a slide, window a scan", "Right button + drag"),
    FixedKey("Viewer", "Finish a polygon", "Enter, double click", "Return"),
    FixedKey("Viewer", "Finish a polygon", "Enter on the number pad", "Enter"),
    FixedKey("Viewer", "Take the last corner back", "Backspace", "Backspace"),
    FixedKey("Fields and tables", "Next field", "Tab", "Tab"),
    FixedKey("Fields and tables", "Field before", "Shift+Tab", "Backtab"),
    FixedKey("Fields and tables", "Copy; in tables as tab-separated values", "Ctrl+C", "Ctrl+C"),
    FixedKey("Fields and tables", "Choose all", "Ctrl+A", "Ctrl+A"),
    FixedKey("Fields and tables", "Paste", "Ctrl+V", "Ctrl+V"),
    FixedKey("Fields and tables", "Cut", "Ctrl+X", "Ctrl+X"),
    *(
        FixedKey("Fields and tables", "Move", key, key)
        for key in ("Up", "Down", "Left", "Right", "Home", "End", "PgUp", "PgDown")
    ),
)
PRESETS: Mapping[str, Mapping[str, str]] = {
    "QuPath-like": {},
    "ASAP-like": {"tool-move": "X", "tool-point": "D"},
}
OWN = "My own"


def plain_key(text: str) -> str:
    """A key in the form in which it is kept; empty for what is no key, or several after one another."""
    sequence = QKeySequence(text)
    return sequence.toString(QKeySequence.SequenceFormat.PortableText) if sequence.count() == 1 else ""


class Shortcuts(QObject):
    """Keeps the actions' keys. `changed` gives what differs from the usual keys, by action id."""

    changed = Signal(object)

    def __init__(self, actions: Actions) -> None:
        super().__init__(actions)
        self._actions = actions
        self._own: dict[str, str] = {}

    @property
    def own(self) -> Mapping[str, str]:
        """What differs from the usual keys, by action id; an empty text where there is no key."""
        return dict(self._own)

    @property
    def preset(self) -> str:
        """The name of the preset that is in force, or that there is none."""
        return next((name for name, keys in PRESETS.items() if _differing(keys) == self._own), OWN)

    def key(self, action_id: str) -> str:
        """The key of an action now; empty where it has none."""
        return self._own.get(action_id, plain_key(USUAL[action_id]))

    def use(self, kept: Mapping[str, str]) -> None:
        """Take over what was kept; unknown actions and impossible keys are left out, doubles lose their key."""
        self._own = _differing(kept)
        self._actions.set_keys({action_id: self.key(action_id) for action_id in USUAL})

    def owner_of(self, key: str) -> str:
        """The id of the action that has a key; empty where it is free."""
        return next((action_id for action_id in USUAL if key and self.key(action_id) == key), "")

    def give(self, action_id: str, key: str) -> None:
        """Give an action a key, or none; whichever action had it has none then."""
        wanted = {known: self.key(known) for known in USUAL}
        loser = self.owner_of(key)
        if loser:
            wanted[loser] = ""
        self._take({**wanted, action_id: key})

    def reset(self, action_id: str) -> None:
        """Give an action its usual key back."""
        self.give(action_id, plain_key(USUAL[action_id]))

    def use_preset(self, name: str) -> None:
        """Take all keys of a preset."""
        self._take({**USUAL, **PRESETS[name]})

    def _take(self, wanted: Mapping[str, str]) -> None:
        self.use(wanted)
        self.changed.emit(self.own)


def why_fixed(key: str) -> str:
    """What a key does already that cannot be changed; empty for a key that can be given."""
    return next((fixed.what for fixed in FIXED_KEYS if fixed.key and plain_key(fixed.key) == key), "")


def _differing(kept: Mapping[str, str]) -> dict[str, str]:
    """Of kept keys those that are possible and not the usual ones; usual keys that they take are gone."""
    own: dict[str, str] = {}
    for action_id, text in kept.items():
        key = plain_key(text)
        free = key not in own.values() and not why_fixed(key)
        if action_id in USUAL and key != plain_key(USUAL[action_id]) and (not text or (key and free)):
            own[action_id] = key
    taken = {key for key in own.values() if key}
    robbed = {
        action_id: "" for action_id, usual in USUAL.items() if plain_key(usual) in taken and action_id not in own
    }
    return own | robbed
