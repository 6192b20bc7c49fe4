"""One table of everything that can be done: menus, tool strip, shortcuts and command palette are drawn from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence

from lnm_desktop.ui.action_spec import ActionSpec
from lnm_desktop.ui.annotate_actions import ANNOTATE_ACTIONS
from lnm_desktop.ui.result_actions import RESULT_ACTIONS
from lnm_desktop.ui.theme.icons import icon
from lnm_desktop.ui.theme.tokens import Tokens

MENUS = ("File", "Edit", "View", "Annotate", "Models", "Case", "Plugins", "Help")
RECENT = "Recent &Files"
MAGNIFICATIONS = {1: "", 2: "", 5: "Alt+1", 10: "Alt+2", 20: "Alt+3", 40: "Alt+4"}


def _magnification(power: int, keys: str) -> ActionSpec:
    tip = f"Zoom to {10 / power:g} µm per screen pixel"
    return ActionSpec(f"zoom-{power}", f"Magnification {power}×", "View", keys, "", tip, submenu="Ma&gnification")


def _turn(action_id: str, text: str, keys: str, tip: str) -> ActionSpec:
    told = f"{tip}. A drag with the right button around the middle turns a slide freely"
    return ActionSpec(action_id, text, "View", keys, "", told, submenu="&Turn")


def _panes(action_id: str, text: str, key: str, tip: str) -> ActionSpec:
    return ActionSpec(action_id, text, "View", key, action_id, tip, "panes", strip=True, submenu="&Panes")


ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "open", "&Open Files…", "File", "Ctrl+O", "open", "Open slides, scans or annotation files", strip=True
    ),
    ActionSpec(
        "open-folder", "Open &Folder…", "File", "Ctrl+Shift+O", "", "Open a DICOM series or an OME-Zarr image"
    ),
    ActionSpec(
        "clear-recent",
        "&Clear List",
        "File",
        "",
        "",
        "Forget which files were opened last",
        break_before=True,
        submenu=RECENT,
    ),
    ActionSpec(
        "remember-recent",
        "&Remember Recent Files",
        "File",
        "",
        "",
        "Keep the paths of opened files in the settings; names of files may tell who a patient is",
        toggle=True,
        submenu=RECENT,
    ),
    ActionSpec("back-up", "&Back Up Now", "File", "", "", "A verified copy of the workspace", break_before=True),
    ActionSpec("restore", "Restore from Bac&kup…", "File", "", "", "Go back to a verified copy of the workspace"),
    ActionSpec("copy-workspace", "Copy &Workspace To…", "File", tip="A whole, verified copy in another folder"),
    ActionSpec(
        "import",
        "&Import Annotations…",
        "File",
        "Ctrl+I",
        "",
        "Read annotations of ASAP, QuPath, ImageScope or NDP.view into the open image",
        break_before=True,
    ),
    ActionSpec(
        "export",
        "&Export Annotations…",
        "File",
        "Ctrl+E",
        "export",
        "Write the open image's annotations for ASAP, QuPath, ImageScope or NDP.view",
        strip=True,
    ),
    ActionSpec(
        "export-region",
        "Export &Region…",
        "File",
        "Ctrl+Shift+E",
        "",
        "Write a part of the image at any resolution as PNG or OME-TIFF",
    ),
    ActionSpec(
        "import-clinical",
        "Import Clinical &Data…",
        "File",
        tip="Take clinical data of many cases over from a CSV or XLSX table",
        break_before=True,
    ),
    ActionSpec(
        "export-clinical", "Export Clinical Da&ta…", "File", tip="Write every case's clinical data to a table"
    ),
    ActionSpec(
        "screenshot",
        "Save &Picture of the View…",
        "File",
        "Ctrl+P",
        "",
        "Save what the viewer shows",
        break_before=True,
    ),
    ActionSpec("copy-view", "&Copy View", "File", "Ctrl+Shift+C", "", "Put what the viewer shows on the clipboard"),
    ActionSpec("quit", "&Quit", "File", "Ctrl+Q", "", "Close the window; everything is saved", break_before=True),
    ActionSpec("undo", "&Undo", "Edit", "Ctrl+Z", "undo", "Take the last change of this case back", strip=True),
    ActionSpec("redo", "&Redo", "Edit", "Ctrl+Shift+Z", "redo", "Do it again", strip=True),
    ActionSpec(
        "delete", "&Delete Selected", "Edit", "Del", "delete", "Delete the selected annotations", break_before=True
    ),
    ActionSpec("fit", "Zoom to &Fit", "View", "F", "fit", "Show the whole image", strip=True),
    ActionSpec("zoom-in", "Zoom &In", "View", "Ctrl++", "zoom-in", "Twice as large", strip=True),
    ActionSpec("zoom-out", "Zoom &Out", "View", "Ctrl+-", "zoom-out", "Half as large", strip=True),
    *(_magnification(power, keys) for power, keys in MAGNIFICATIONS.items()),
    ActionSpec(
        "zoom-exact",
        "&Type Magnification",
        "View",
        "Z",
        "",
        "Type 20x, 0.5 µm/px or 1 : 4 in the pane's head",
        break_before=True,
        submenu="Ma&gnification",
    ),
    ActionSpec("go-to", "Go to &Coordinate…", "View", "Ctrl+G", "", "Go to x and y in px, µm or mm"),
    _turn("rotate-left", "Turn &Left by 90°", "Alt+Shift+Left", "Anticlockwise"),
    _turn("rotate-right", "Turn &Right by 90°", "Alt+Shift+Right", "Clockwise"),
    _turn("rotate-left-1", "Turn L&eft by 1°", "Alt+Left", "Anticlockwise"),
    _turn("rotate-right-1", "Turn R&ight by 1°", "Alt+Right", "Clockwise"),
    _turn("mirror", "&Mirror", "Shift+M", "Swap left and right of the picture"),
    _turn("upright", "&Upright", "Alt+Up", "Neither turned nor mirrored, as in the file"),
    ActionSpec(
        "annotations",
        "Show &Annotations",
        "View",
        "H",
        "eye",
        "Show or hide what was drawn",
        toggle=True,
        strip=True,
        break_before=True,
    ),
    ActionSpec(
        "overlay", "Show &Model Overlay", "View", "O", "overlay", "Show or hide the heat map", toggle=True, strip=True
    ),
    ActionSpec(
        "navigator", "Show &Overview", "View", "Shift+O", "", "Unfold or fold the overview in the corner", toggle=True
    ),
    ActionSpec(
        "add-bookmark", "Add &Bookmark", "View", "Ctrl+B", "", "Keep this view with a note", break_before=True
    ),
    ActionSpec("next-bookmark", "Ne&xt Bookmark", "View", "J", "", "Go to the next bookmark"),
    ActionSpec("previous-bookmark", "Pre&vious Bookmark", "View", "Shift+J", "", "Go back one bookmark"),
    ActionSpec(
        "coverage",
        "Show Co&verage",
        "View",
        "Shift+U",
        "",
        "Veil the tissue that you have not looked at, at 10× or more",
        toggle=True,
        break_before=True,
    ),
    ActionSpec("next-unseen", "Next &Unseen Tissue", "View", "U", "", "Go to the nearest unseen tissue, at 10×"),
    ActionSpec("reset-coverage", "&Reset Coverage…", "View", "", "", "Forget which tissue you have looked at"),
    _panes("panes-1", "&One Pane", "Shift+F1", "Show the active pane alone"),
    _panes("panes-2", "&Two Side by Side", "Shift+F2", "Show two images beside each other"),
    _panes("panes-above", "Two &Above Each Other", "Shift+F3", "Show two images above each other"),
    _panes("panes-4", "&Four Panes", "Shift+F4", "Show up to four images"),
    ActionSpec(
        "sync-panes",
        "&Synchronise Panes",
        "View",
        "Ctrl+Alt+S",
        "link",
        "Let all panes move together, with the offset they have now",
        toggle=True,
        strip=True,
        break_before=True,
        submenu="&Panes",
    ),
    ActionSpec(
        "match-points",
        "&Match by Two Points…",
        "View",
        "Ctrl+Alt+M",
        "",
        "Point out the same two spots in each pane; then they move together",
        submenu="&Panes",
    ),
    ActionSpec(
        "next-pane",
        "&Next Pane",
        "View",
        "F6",
        "",
        "Make the next pane the active one",
        break_before=True,
        submenu="&Panes",
    ),
    ActionSpec(
        "close-image",
        "&Close Image",
        "View",
        "Ctrl+W",
        "",
        "Close the active pane's image; an empty pane goes",
        submenu="&Panes",
    ),
    ActionSpec("look", "&Brightness, Stains, Channels", "View", "Shift+C", "", "Set how the image is shown"),
    ActionSpec("image-info", "Image &Information…", "View", "Alt+Return", "", "Every property of the open image"),
    ActionSpec(
        "associated", "&Slide Label and Macro…", "View", "", "", "Pictures in the slide's file; they may show names"
    ),
    ActionSpec("theme-dark", "&Dark Theme", "View", "", "", "Light text on dark", choice="theme", break_before=True),
    ActionSpec("theme-light", "&Light Theme", "View", "", "", "Dark text on light", choice="theme"),
    ActionSpec("restore-layout", "&Restore Panels", "View", "", "", "Put all panels back", break_before=True),
    *ANNOTATE_ACTIONS,
    ActionSpec("run", "&Run Model", "Models", "Ctrl+R", "run", "Run the chosen model with the options shown"),
    ActionSpec(
        "run-case",
        "Run on &All Slides of the Case",
        "Models",
        "Ctrl+Shift+R",
        "",
        "Run the chosen model on each whole slide of the open case, one after another",
    ),
    ActionSpec("stop", "&Cancel Run", "Models", "Ctrl+.", "stop", "Stop the run"),
    *RESULT_ACTIONS,
    ActionSpec(
        "reload-models", "Re&load Models", "Models", "", "", "Look for installed models again", break_before=True
    ),
    ActionSpec("add-case", "&New Case…", "Case", "Ctrl+N", "add", "Start a case under a pseudonym"),
    ActionSpec("case-details", "Case &Details…", "Case", tip="Status, tags, diagnosis, treatment, lymph nodes"),
    ActionSpec("find-moved", "Find &Moved Files…", "Case", tip="Look in a folder for the files of all lost images"),
    ActionSpec(
        "stage",
        "&Stage Lymph Nodes…",
        "Case",
        "",
        "",
        "Size and class of each outlined metastasis, and the pN",
    ),
    ActionSpec("panel-cases", "Go to C&ases", "Case", "Ctrl+1", "", "Put the focus on the list", break_before=True),
    ActionSpec("panel-annotations", "Go to &Annotations", "Case", "Ctrl+2", "", "Show the panel"),
    ActionSpec("panel-clinical", "Go to &Clinical Data", "Case", "Ctrl+3", "", "Show the panel"),
    ActionSpec("panel-lnm", "Go to &LNM", "Case", "Ctrl+8", "", "Show the probability of lymph node metastasis"),
    ActionSpec("nomogram", "&Nomogram…", "Case", tip="Points for each clinical value, to be used by hand"),
    ActionSpec("report", "&Report…", "Case", tip="Write the case's report as PDF and JSON"),
    ActionSpec("compare-risks", "Compare LNM Mo&dels…", "Case", tip="What every clinical model says of this patient"),
    ActionSpec("clinical-history", "Clinical &History…", "Case", tip="When and by whom each value was given"),
    ActionSpec("panel-models", "Go to &Models", "Case", "Ctrl+4", "", "Show the panel"),
    ActionSpec("panel-results", "Go to &Results", "Case", "Ctrl+5", "", "Show the panel"),
    ActionSpec("panel-bookmarks", "Go to &Bookmarks", "Case", "Ctrl+6", "", "Show the panel"),
    ActionSpec("panel-history", "Go to &History", "Case", "Ctrl+7", "", "Show the panel"),
    ActionSpec("plugins", "&Plugins…", "Plugins", "", "", "Show, enable, disable, roll back and remove plugins"),
    ActionSpec(
        "install-plugin",
        "&Install Plugin…",
        "Plugins",
        tip="Install a plugin from a bundle or a wheel; no network is needed",
    ),
    ActionSpec("user-guide", "&User Guide", "Help", "", "", "Read what the program does and how"),
    ActionSpec("help-here", "Help for This P&anel", "Help", "F1", "", "Read about the panel that has the focus"),
    ActionSpec("palette", "Command &Palette…", "Help", "Ctrl+K", "", "Find any command by its name"),
    ActionSpec("shortcuts", "&Shortcuts", "Help", "?", "", "Show every shortcut"),
    ActionSpec("messages", "&Messages", "Help", "Ctrl+M", "message", "Show what the window had to tell"),
    ActionSpec("logs", "Open &Log Folder", "Help", "", "", "Show the folder that holds the logs"),
    ActionSpec("about", "&About", "Help", "", "", "Version, notice and licence", break_before=True),
)


class Actions(QObject):
    """The table made into Qt actions, found by id."""

    def __init__(self, tokens: Tokens, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._made: dict[str, QAction] = {spec.id: self._make(spec) for spec in ACTIONS}
        self._choices = self._group_choices()
        self.set_tokens(tokens)

    def __getitem__(self, action_id: str) -> QAction:
        return self._made[action_id]

    def on(self, calls: Mapping[str, Callable[[], object]]) -> None:
        """Say what happens, by id."""
        for action_id, call in calls.items():
            self._made[action_id].triggered.connect(lambda _checked=False, call=call: call())

    def keys(self, action_id: str) -> str:
        """The shortcut as this platform writes it; empty where there is none."""
        return self._made[action_id].shortcut().toString(QKeySequence.SequenceFormat.NativeText)

    def set_keys(self, table: Mapping[str, str]) -> None:
        """Give actions, by id, other shortcuts; an empty text takes one away."""
        for spec in ACTIONS:
            if spec.id in table:
                self._made[spec.id].setShortcut(QKeySequence(table[spec.id]))
                self._made[spec.id].setToolTip(tool_tip(spec, self.keys(spec.id)))

    def set_tokens(self, tokens: Tokens) -> None:
        """Draw the icons in a theme's colours."""
        for spec in ACTIONS:
            if spec.icon:
                self._made[spec.id].setIcon(icon(spec.icon, tokens))

    def _make(self, spec: ActionSpec) -> QAction:
        action = QAction(spec.text, self)
        action.setObjectName(spec.id)
        action.setCheckable(spec.toggle or bool(spec.choice))
        if spec.shortcut:
            action.setShortcut(QKeySequence(spec.shortcut))
        action.setToolTip(tool_tip(spec, action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)))
        action.setIconVisibleInMenu(False)
        return action

    def _group_choices(self) -> dict[str, QActionGroup]:
        groups: dict[str, QActionGroup] = {}
        for spec in ACTIONS:
            if spec.choice:
                groups.setdefault(spec.choice, QActionGroup(self)).addAction(self._made[spec.id])
        return groups


def tool_tip(spec: ActionSpec, keys: str) -> str:
    """What it does, with its shortcut as the platform writes it."""
    return f"{spec.plain}{f' ({keys})' if keys else ''}\n{spec.tip}"
