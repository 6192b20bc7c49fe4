"""XML text to NDP.view's raw records, with every size limited before it can do harm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lnm_desktop.formats.safe_xml import (
    MAX_ANNOTATIONS,
    MAX_TEXT,
    MAX_VERTICES,
    LeftOut,
    check_element,
    feed,
    told,
    without_lead,
)

_VIEW_FIELDS = frozenset(("title", "details", "coordformat"))
_SHAPE_FIELDS = frozenset(("x", "y", "x1", "y1", "x2", "y2", "radius", "closed", "specialtype"))
# How the screen once looked, or what is derived from the rest.
_PASSED_OVER = frozenset(("annotations", "pointlist", "lens", "x", "y", "z", "showtitle", "showhistogram")) | {
    "showlineprofile",
    "measuretype",
    "icon",
    "stricon",
}


@dataclass
class RawView:
    """A view with its annotation as the file has it: texts by key, `shape` of the annotation's own elements."""

    texts: dict[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] | None = None
    shape: dict[str, str] = field(default_factory=dict)
    points: list[dict[str, str]] = field(default_factory=list)


@dataclass
class RawDocument:
    """All of a file; `notes` say what was met and not understood."""

    views: list[RawView] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Collector:
    """Receives the parser's events; unknown elements are noted and passed over."""

    def __init__(self) -> None:
        self.document = RawDocument()
        self._tags: list[str] = []
        self._view: RawView | None = None
        self._target: dict[str, str] | None = None
        self._vertices = 0
        self._left_out = LeftOut("was left out")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        name = tag.rpartition("}")[2]
        self._tags.append(name)
        check_element(len(self._tags), attributes)
        if name == "ndpviewstate":
            self._add_view()
        elif self._view is not None and name == "annotation":
            self._view.keys = attributes
        elif self._view is not None and name == "point":
            self._add_point(self._view)
        else:
            self._begin_text(name)

    def text(self, data: str) -> None:
        """A piece of the text of the element that is open."""
        if self._target is None:
            return
        key = self._tags[-1]
        whole = self._target.get(key, "") + data
        if len(whole) > MAX_TEXT:
            raise ValueError(f"the text of an element is longer than {MAX_TEXT:,} characters")
        self._target[key] = whole

    def end(self, tag: str) -> None:
        """An element ends."""
        self._tags.pop()
        self._target = None
        if tag.rpartition("}")[2] == "ndpviewstate":
            self._view = None

    def close(self) -> RawDocument:
        """The document is complete."""
        self.document.notes += self._left_out.notes()
        return self.document

    def _add_view(self) -> None:
        if len(self.document.views) == MAX_ANNOTATIONS:
            raise ValueError(f"it has more than {MAX_ANNOTATIONS:,} annotations")
        self._view = RawView()
        self.document.views.append(self._view)

    def _add_point(self, view: RawView) -> None:
        self._vertices += 1
        if self._vertices > MAX_VERTICES:
            raise ValueError(f"it has more than {MAX_VERTICES:,} points")
        view.points.append({})

    def _begin_text(self, name: str) -> None:
        """Text goes to the point, the shape or the view in which the element stands."""
        parent = self._tags[-2] if len(self._tags) > 1 else ""
        self._target = None
        if self._view is None:
            known = name in _PASSED_OVER
        elif parent == "point":
            self._target, known = self._view.points[-1], name in _SHAPE_FIELDS
        elif parent == "annotation":
            self._target, known = self._view.shape, name in _SHAPE_FIELDS | _PASSED_OVER
        else:
            self._target = self._view.texts if name in _VIEW_FIELDS else None
            known = name in _VIEW_FIELDS | _PASSED_OVER
        if not known:
            self._left_out.count(f"The element <{name}>")


def collect(data: bytes, *, name: str) -> RawDocument:
    """The raw records. Raises FormatError naming the file and the place of the fault."""
    collector = Collector()
    with told(name):
        feed(without_lead(data), collector)
        return collector.close()
