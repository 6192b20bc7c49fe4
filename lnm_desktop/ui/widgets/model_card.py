"""What a model says about itself."""

from __future__ import annotations

from PySide6.QtGui import QTextCursor, QTextDocument
from PySide6.QtWidgets import QDialog, QFrame, QTextBrowser, QWidget

from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.plugin.spec import ModelSpec
from lnm_desktop.ui.theme.stylesheet import set_role
from lnm_desktop.ui.widgets.parts import badge, button, column, label, row

_DIALECT = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML
_SYNTHETIC_TIP = "Trained on made-up data: its numbers mean nothing for a patient"


class ModelCard(QFrame):
    """Purpose, limits and origin of a model in short, its card in full on request."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "card")
        self.synthetic = badge("SYNTHETIC MODEL", _SYNTHETIC_TIP)
        self.facts = label("", "hint")
        self.use = label("")
        self.limits = label("", "warn")
        self.more = button("Model card", "Read the whole card")
        self.card = QTextBrowser()
        self.card.setOpenLinks(False)
        self.reader = QDialog(self)
        self.reader.setWindowTitle("Model card")
        self.reader.resize(760, 720)
        self.reader.setLayout(column(self.card))
        self.more.clicked.connect(self._read)
        layout = column(margin=10)
        layout.addLayout(row(self.synthetic, None))
        for widget in (self.use, self.limits, self.facts, label(RESEARCH_USE_ONLY, "warn")):
            layout.addWidget(widget)
        layout.addLayout(row(self.more, None))
        self.setLayout(layout)

    def show_spec(self, spec: ModelSpec) -> None:
        """Show a model."""
        self.synthetic.setVisible(spec.synthetic)
        self.use.setText(spec.intended_use or "The model does not say what it is for.")
        self.limits.setText(f"Not for: {spec.not_for}" if spec.not_for else "")
        self.limits.setVisible(bool(spec.not_for))
        self.facts.setText(facts_of(spec))
        self.card.document().setMarkdown(spec.card or "This model has no card.", _DIALECT)

    def _read(self) -> None:
        """Open the card at its beginning."""
        self.card.moveCursor(QTextCursor.MoveOperation.Start)
        self.reader.show()


def facts_of(spec: ModelSpec) -> str:
    """Identity, classes, resolution, weights and licence, one per line."""
    lines = (
        f"{spec.id} {spec.version}" + (f", {spec.publisher}" if spec.publisher else ""),
        f"Classes: {', '.join(spec.classes)}" if spec.classes else "",
        f"Looks at {spec.resolution_mpp:g} µm/px, tiles of {spec.tile_px} px" if spec.tile_px else "",
        f"Weights {spec.weights_sha256[:12]}" if spec.weights_sha256 else "No weights",
        f"Licence: {spec.licence}" if spec.licence else "",
    )
    return "\n".join(line for line in lines if line)
