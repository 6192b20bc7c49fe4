"""XML from anywhere to a receiver of its elements: no DTDs, no entities, the place of any fault in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol, cast
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from lnm_desktop.errors import FormatError
from lnm_desktop.formats.loaded import counted

MAX_DEPTH = 64
MAX_VERTICES = 2_000_000
MAX_ANNOTATIONS = 200_000
MAX_TEXT = 100_000
MOST_KINDS = 1000
_CHUNK = 65_536


class Receiver(Protocol):
    """Hears of every element as it begins and ends; raises ValueError with the reason to stop."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        ...

    def end(self, tag: str) -> None:
        """An element ends."""
        ...


class Hearer(Receiver, Protocol):
    """A receiver that is also told of the text between elements."""

    def text(self, data: str) -> None:
        """A piece of text."""
        ...


def feed(data: bytes, receiver: Receiver) -> None:
    """The whole document. Raises ParseError, DefusedXmlException, or what the receiver raises."""
    parser = _parser(receiver)
    parser.feed(data)
    parser.close()


def first_tags(data: bytes, decisive: frozenset[str]) -> list[str]:
    """The elements' names in order up to the first decisive one; a damaged document ends where it is damaged."""
    sniffer = _Sniffer(decisive)
    with suppress(ParseError, DefusedXmlException, ValueError, LookupError):
        parser, data = _parser(sniffer), without_lead(data)
        for start in range(0, len(data), _CHUNK):
            parser.feed(data[start : start + _CHUNK])
    return sniffer.tags


@contextmanager
def told(name: str) -> Iterator[None]:
    """Faults of the document as a FormatError that names the file and the place."""
    try:
        yield
    except ParseError as error:
        raise _damaged(name, _place(error)) from error
    except DefusedXmlException as error:
        raise _damaged(name, "it contains a DTD or entities, which annotations never need") from error
    except (ValueError, LookupError) as error:
        raise _damaged(name, str(error)) from error


def without_lead(data: bytes) -> bytes:
    """White space before the XML declaration is a fault that many programs make and none need suffer from."""
    bom = b"\xef\xbb\xbf"
    return data.removeprefix(bom).lstrip(b" \t\r\n") if not data.startswith((b"\xff\xfe", b"\xfe\xff")) else data


def check_element(depth: int, attributes: dict[str, str]) -> None:
    """Raises ValueError for an element too deep or with too long attributes."""
    if depth > MAX_DEPTH:
        raise ValueError(f"it is nested more than {MAX_DEPTH} levels deep")
    if sum(map(len, attributes)) + sum(map(len, attributes.values())) > MAX_TEXT:
        raise ValueError(f"the attributes of an element are longer than {MAX_TEXT:,} characters")


class LeftOut:
    """Counts what was met and not understood, by kinds, of which there may be no end in a hostile file."""

    def __init__(self, verdict: str) -> None:
        """`verdict` says what happened to it: "was left out"."""
        self._verdict = verdict
        self._numbers: Counter[str] = Counter()

    def count(self, words: str) -> None:
        """Once more."""
        known = len(self._numbers) < MOST_KINDS or words in self._numbers
        self._numbers[words if known else "More"] += 1

    def notes(self) -> list[str]:
        """One sentence for each kind."""
        return [f"{words} {self._verdict} ({counted(number, 'time')})." for words, number in self._numbers.items()]


class _Sniffer:
    def __init__(self, decisive: frozenset[str]) -> None:
        self.tags: list[str] = []
        self._decisive = decisive

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.tags.append(tag.rpartition("}")[2])
        if self.tags[-1] in self._decisive or len(self.tags) > MOST_KINDS:
            raise ValueError

    def end(self, tag: str) -> None:
        pass


def _parser(receiver: Receiver) -> DefusedXMLParser:
    parser = DefusedXMLParser(target=receiver, forbid_dtd=True)
    # Straight from expat, past ElementTree's own step per element: half the time for a million points.
    expat = parser.parser
    expat.ordered_attributes = False
    expat.StartElementHandler, expat.EndElementHandler = receiver.start, receiver.end
    expat.DefaultHandlerExpand = None
    if hasattr(receiver, "text"):
        expat.CharacterDataHandler = cast("Hearer", receiver).text
    return parser


def _place(error: ParseError) -> str:
    line, column = error.position
    words = str(error).partition(":")[0]
    return f"line {line}, column {column + 1}: {words}"


def _damaged(name: str, reason: str) -> FormatError:
    return FormatError(f"{name} cannot be read: {reason}", hint="Save the file again with the program that made it.")
