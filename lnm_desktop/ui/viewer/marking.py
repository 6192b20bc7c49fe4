"""What is drawn over the picture: which annotations bear names and handles, and the shape in the making."""

from __future__ import annotations

from lnm_desktop.domain.annotation import DEFAULT_COLOR, AnnotationGroup, AnnotationSet
from lnm_desktop.ui.viewer.annotation_layer import color_of
from lnm_desktop.ui.viewer.drawing import Draft
from lnm_desktop.ui.viewer.hands import Hands
from lnm_desktop.ui.viewer.overlay import NAMES_BELOW, DraftLine, Marked
from lnm_desktop.ui.viewer.tools import Tool


def marked(annotations: AnnotationSet, hands: Hands) -> list[Marked]:
    """Everyone's name while there are few, else those of the selection; what is being edited as it is now."""
    selected = set(hands.selected)
    everyone = len(annotations) < NAMES_BELOW
    shown = annotations if everyone else [annotations.get(known) for known in hands.selected]
    edited = hands.edited
    current = [edited if edited is not None and one.id == edited.id else one for one in shown]
    return [Marked(one, color_of(one, annotations), one.id in selected) for one in current]


def draft_line(draft: Draft, group: AnnotationGroup | None) -> DraftLine | None:
    """The shape in the making in its group's colour."""
    outline = draft.outline
    if not outline:
        return None
    color = group.color if group else DEFAULT_COLOR
    vertices = len(draft.points) if draft.tool is Tool.POLYGON else 0
    return DraftLine(tuple(outline), vertices, color, draft.tool is Tool.RECTANGLE)
