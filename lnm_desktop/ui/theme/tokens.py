"""Every colour, distance and text size on the screen comes from here."""

from __future__ import annotations

from dataclasses import dataclass

# Okabe and Ito, "Color Universal Design" (2008): eight colours that stay apart with any colour vision.
OKABE_ITO = ("#D55E00", "#56B4E9", "#009E73", "#CC79A7", "#E69F00", "#0072B2", "#F0E442", "#000000")

SPACE_XS, SPACE_S, SPACE_M, SPACE_L, SPACE_XL = 4, 8, 12, 16, 24
RADIUS = 4
TEXT_SMALL_PT, TEXT_BASE_PT, TEXT_LARGE_PT = 9, 10, 14
ICON_PX = 20
LEFT_DOCK_PX, RIGHT_DOCK_PX = 300, 424


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one theme, #RRGGBB."""

    name: str
    window: str
    surface: str
    raised: str
    border: str
    text: str
    dim: str
    accent: str
    on_accent: str
    hover: str
    ok: str
    warn: str
    error: str
    human: str
    model: str

    def texts(self) -> tuple[str, ...]:
        """Colours in which words are written on the grounds."""
        return (self.text, self.dim, self.accent, self.ok, self.warn, self.error, self.human, self.model)

    def grounds(self) -> tuple[str, ...]:
        """Colours on which words are written."""
        return (self.window, self.surface, self.raised)


DARK = Tokens(
    name="dark",
    window="#181A1E",
    surface="#202329",
    raised="#2A2E35",
    border="#454B55",
    text="#E8EAED",
    dim="#A9B1BC",
    accent="#6CB2F2",
    on_accent="#0B1016",
    hover="#353A43",
    ok="#66D19A",
    warn="#F2BE4B",
    error="#FF9A91",
    human="#F3B27A",
    model="#AEC2FF",
)
LIGHT = Tokens(
    name="light",
    window="#ECEEF1",
    surface="#F7F8FA",
    raised="#FFFFFF",
    border="#B9C0CA",
    text="#1A1E23",
    dim="#515B67",
    accent="#0A5AA6",
    on_accent="#FFFFFF",
    hover="#DDE3EA",
    ok="#0F6237",
    warn="#7A4A00",
    error="#A9221A",
    human="#874500",
    model="#3442A0",
)


def tokens_of(theme: str) -> Tokens:
    """The theme of that name; anything unknown is dark."""
    return LIGHT if theme == LIGHT.name else DARK


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two #RRGGBB colours (WCAG 2.2, 1.4.3)."""
    bright, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def readable_on(color: str) -> str:
    """Black or white, whichever is easier to read on this colour."""
    return max("#000000", "#FFFFFF", key=lambda ink: contrast(ink, color))


def _luminance(color: str) -> float:
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
