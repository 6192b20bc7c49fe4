"""The actions of the Annotate menu: tools, and what is done with the selected annotations."""

from __future__ import annotations

from lnm_desktop.ui.action_spec import ActionSpec

GROUP_KEYS = 9
SHAPE_ACTIONS = (
    "unite", "subtract", "intersect", "split", "fill-holes", "simplify", "buffer", "duplicate", "copy-to-panes"
)  # fmt: skip
"""What needs a selection."""


def _group(number: int) -> ActionSpec:
    tip = "What is drawn next belongs to this group"
    return ActionSpec(f"group-{number}", f"Draw in Group {number}", "Annotate", str(number), "", tip, hidden=True)


def _shape(action_id: str, text: str, keys: str, tip: str, *, first: bool = False) -> ActionSpec:
    return ActionSpec(action_id, text, "Annotate", keys, "", tip, break_before=first, submenu="Selected S&hapes")


ANNOTATE_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("tool-move", "&Move", "Annotate", "M", "move", "Drag to pan", choice="tool", strip=True),
    ActionSpec("tool-select", "&Select", "Annotate", "S", "select", "Select, move and reshape", "tool", strip=True),
    ActionSpec(
        "tool-polygon", "&Polygon", "Annotate", "P", "polygon", "Click corners; Enter closes", "tool", strip=True
    ),
    ActionSpec("tool-freehand", "&Freehand", "Annotate", "L", "freehand", "Drag a lasso", "tool", strip=True),
    ActionSpec("tool-rectangle", "&Rectangle", "Annotate", "R", "rectangle", "Drag a rectangle", "tool", strip=True),
    ActionSpec("tool-ellipse", "&Ellipse", "Annotate", "E", "ellipse", "Drag an ellipse", "tool", strip=True),
    ActionSpec(
        "tool-spline", "Sp&line", "Annotate", "Shift+P", "spline", "Click; a smooth outline; Enter closes", "tool"
    ),
    ActionSpec(
        "tool-brush",
        "&Brush",
        "Annotate",
        "B",
        "brush",
        "Paint; Alt erases; [ ] size",
        "tool",
        strip=True,
    ),
    ActionSpec("tool-eraser", "Er&aser", "Annotate", "Shift+B", "eraser", "Paint away; [ ] size", "tool", strip=True),
    ActionSpec(
        "tool-wand",
        "&Wand",
        "Annotate",
        "W",
        "wand",
        "Click a stain; drag takes more",
        "tool",
        strip=True,
    ),
    ActionSpec("tool-point", "Poin&t", "Annotate", ".", "point", "Click to mark a point", "tool", strip=True),
    ActionSpec("tool-ruler", "R&uler", "Annotate", "K", "ruler", "Two points: a length", "tool", strip=True),
    ActionSpec("tool-angle", "An&gle", "Annotate", "Shift+K", "angle", "Three points: an angle", "tool"),
    ActionSpec(
        "snap", "S&nap to Outlines", "Annotate", "Shift+S", "", "New vertices stick to outlines near by", toggle=True
    ),
    ActionSpec("cancel", "&Cancel Drawing", "Annotate", "Esc", "", "Give up the shape in the making", hidden=True),
    ActionSpec("annotation-table", "Annotation &Table…", "Annotate", "Ctrl+T", "", "All of them", break_before=True),
    ActionSpec("export-measurements", "Export &Measurements…", "Annotate", "", "", "Write the measurements as CSV"),
    *(_group(number) for number in range(1, GROUP_KEYS + 1)),
    _shape("unite", "&Unite", "Ctrl+U", "Make one annotation of all selected areas"),
    _shape("subtract", "&Subtract from First", "", "Take the later selected areas out of the first selected one"),
    _shape("intersect", "&Intersect", "", "Keep only what all selected areas share"),
    _shape("split", "S&plit along Ruler", "", "Cut the selected areas along the selected ruler"),
    _shape("fill-holes", "&Fill Holes", "", "Close every hole of the selected areas", first=True),
    _shape("simplify", "Si&mplify…", "", "Fewer vertices, the outline moved by less than a given length"),
    _shape("buffer", "&Buffer…", "", "Grow or shrink the selected areas by micrometres"),
    _shape("duplicate", "&Duplicate", "Ctrl+D", "A copy of each selected annotation beside it", first=True),
    _shape(
        "copy-to-panes",
        "&Copy to Linked Panes",
        "Ctrl+Shift+D",
        "A copy at its place in the panes that move along",
    ),
)
