"""How well what is typed fits some words: whole beginnings first, then beginnings of several words, then anywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence

_WORD = re.compile(r"\w+")
BEGINS_A_WORD, BEGINS_SEVERAL, INSIDE, BEGINS_ELSEWHERE, ELSEWHERE = range(5)


def fit(typed: str, text: str, more: str = "") -> int | None:
    """The worst fit of the typed terms, 0 for the best; None where one of them stands nowhere.

    `more` is searched after `text`. "exan" fits "Export Annotations", "zofi" "Zoom to Fit".
    """
    fits = [_fit(term, text.casefold(), more.casefold()) for term in typed.casefold().split()]
    known = [one for one in fits if one is not None]
    return max(known, default=BEGINS_A_WORD) if len(known) == len(fits) else None


def _fit(term: str, text: str, more: str) -> int | None:
    words = _WORD.findall(text)
    found = (
        (BEGINS_A_WORD, lambda: any(word.startswith(term) for word in words)),
        (BEGINS_SEVERAL, lambda: _begins_several(term, words)),
        (INSIDE, lambda: term in text),
        (BEGINS_ELSEWHERE, lambda: any(word.startswith(term) for word in _WORD.findall(more))),
        (ELSEWHERE, lambda: term in more),
    )
    return next((rank for rank, is_so in found if is_so()), None)


def _begins_several(term: str, words: Sequence[str]) -> bool:
    """True where the term is made of beginnings of words, in their order; words may be left out."""
    if not term:
        return True
    for place, word in enumerate(words):
        longest = next(
            (n for n, (a, b) in enumerate(zip(term, word, strict=False)) if a != b), min(len(term), len(word))
        )
        if any(_begins_several(term[taken:], words[place + 1 :]) for taken in range(longest, 0, -1)):
            return True
    return False
