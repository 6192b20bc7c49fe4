"""What the tables of actions are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One thing to do. `choice` names the set of which exactly one is on; `strip` puts it on the tool strip.

    A spec with `toggle` is on or off by itself. `hidden` keeps it out of the menus, not out of the palette.
    `submenu` names the menu inside the menu.
    """

    id: str
    text: str
    menu: str
    shortcut: str = ""
    icon: str = ""
    tip: str = ""
    choice: str = ""
    toggle: bool = False
    strip: bool = False
    hidden: bool = False
    break_before: bool = False
    submenu: str = ""

    @property
    def plain(self) -> str:
        """The text without its mnemonic and dots."""
        return self.text.replace("&", "").rstrip("…")
