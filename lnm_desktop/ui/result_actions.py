"""The actions of the Models menu that are about finished runs."""

from __future__ import annotations

from lnm_desktop.ui.action_spec import ActionSpec

RESULT_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "next-region", "&Next Ranked Region", "Models", "N", "next", "Go to the next region", break_before=True
    ),
    ActionSpec("previous-region", "&Previous Ranked Region", "Models", "Shift+N", "previous", "Go back one region"),
    ActionSpec(
        "map-to-annotations",
        "Turn Map into &Annotations",
        "Models",
        "Ctrl+Shift+A",
        "",
        "Outline what reaches the map's threshold, in a group of the model; undo takes it back",
    ),
    ActionSpec(
        "explain-tile",
        "E&xplain Tile…",
        "Models",
        "",
        "",
        "Which pixels in the middle of the view the shown run's network used for its answer",
    ),
    ActionSpec("newer-run", "Show Newe&r Run", "Models", "Alt+N", "", "The next newer run", break_before=True),
    ActionSpec("older-run", "Show &Older Run", "Models", "Alt+Shift+N", "", "The next older run"),
    ActionSpec(
        "compare-runs",
        "&Compare Two Runs",
        "Models",
        "",
        "",
        "Difference map and agreement of the two runs chosen in the results",
        break_before=True,
    ),
    ActionSpec("end-comparison", "&End Comparison", "Models", "", "", "Show the run's own map again"),
    ActionSpec(
        "verify-run",
        "&Verify Run",
        "Models",
        "",
        "",
        "Make the shown run once more with the recorded settings, and say what comes out differently",
    ),
)
