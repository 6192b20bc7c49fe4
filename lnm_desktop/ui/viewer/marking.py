"""What is drawn over the picture: which annotations bear names and handles, and the shape in the making."""

from __future__ import annotations

from lnm_desktop.domain.annotation import DEFAULT_COLOR, Annotation, AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import Shape
from lnm_desktop.ui.viewer.drawing import StrokeDraft
from lnm_desktop.ui.viewer.hands import Hands
from lnm_desktop.ui.viewer.measuring import Measuring
from lnm_desktop.ui.viewer.overlay import NAMES_BELOW, BrushTip, DraftLine, Marked
from lnm_desktop.ui.viewer.tools import Combine, Tool

ERASER_COLOR = "#FFFFFF"


def marked(annotations: AnnotationSet, hands: Hands, measuring: Measuring) -> list[Marked]:
    """Everyone's name while there are few, else those of the selection; what is being edited as it is now."""
    selected = set(hands.selected)
    everyone = len(annotations) < NAMES_BELOW
    shown = annotations if everyone else [annotations.get(known) for known in hands.selected]
    edited = hands.edited
    handles = hands.tool is Tool.SELECT
    current = [edited if edited is not None and one.id == edited.id else one for one in shown]
    return [
        Marked(one, annotations.color_of(one), one.id in selected, handles, _length(one, one is edited, measuring))
        for one in current
        if annotations.shows(one)
    ]


def draft_line(hands: Hands, group: AnnotationGroup | None, measuring: Measuring) -> DraftLine | None:
    """The shape in the making in its group's colour, and how long it is."""
    draft = hands.draft
    outline = draft.outline
    if not outline:
        return None
    width = 2 * draft.radius_px if isinstance(draft, StrokeDraft) else 0.0
    words = measuring.words(draft.shape, outline) if len(outline) > 1 and not width else ""
    return DraftLine(tuple(outline), draft.vertices, _color(hands, group), draft.closed, width, words)


def brush_tip(hands: Hands, group: AnnotationGroup | None) -> BrushTip | None:
    """The brush under the cursor."""
    if not hands.has_brush or hands.cursor is None:
        return None
    return BrushTip(hands.cursor, hands.brush_px, _color(hands, group))


def _color(hands: Hands, group: AnnotationGroup | None) -> str:
    if not hands.draft.is_empty and hands.combine is Combine.SUBTRACT:
        return ERASER_COLOR
    return group.color if group else DEFAULT_COLOR


def _length(item: Annotation, edited: bool, measuring: Measuring) -> str:
    """Rulers always tell their length, areas while they are changed."""
    if edited or item.geometry.shape is Shape.MEASUREMENT:
        return measuring.words(item.geometry.shape, item.geometry.points)
    return ""
