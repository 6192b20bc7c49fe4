"""What every reader of annotations gives back."""

from __future__ import annotations

from dataclasses import dataclass

from lnm_desktop.domain.annotation import AnnotationSet

MOST_NOTES = 100


@dataclass(frozen=True)
class LoadedAnnotations:
    """Annotations of a file; `notes` say in words what was left out, mended or guessed."""

    annotations: AnnotationSet
    notes: tuple[str, ...] = ()


def shortened(notes: list[str]) -> tuple[str, ...]:
    """The first notes and how many more there are."""
    if len(notes) <= MOST_NOTES:
        return tuple(notes)
    return (*notes[:MOST_NOTES], f"… and {len(notes) - MOST_NOTES} more notes of this kind.")


def counted(number: int, noun: str) -> str:
    """`1 hole`, `2 holes`."""
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"
