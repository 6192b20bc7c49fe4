"""Reports as PDF: headings, paragraphs, tables and pictures, with the notice on every page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.platypus import Image, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

MARGIN_MM = 18
WIDTH_MM = 210 - 2 * MARGIN_MM


class Pdf:
    """One document; what is added comes in that order."""

    def __init__(self, title: str, notice: str) -> None:
        self._styles = getSampleStyleSheet()
        self._title, self._notice = title, notice
        self._story: list[Any] = [Paragraph(escape(title), self._styles["Title"])]

    def heading(self, words: str) -> None:
        """A heading."""
        self._story.append(Paragraph(escape(words), self._styles["Heading2"]))

    def text(self, words: str) -> None:
        """A paragraph."""
        self._story += [Paragraph(escape(words), self._styles["BodyText"]), Spacer(1, 1.5 * mm)]

    def table(self, rows: Sequence[Sequence[str]], widths_mm: Sequence[float] | None = None) -> None:
        """A table whose first row is its head."""
        small = self._styles["BodyText"].clone("cell", fontSize=8, leading=10)
        cells = [[Paragraph(escape(cell), small) for cell in row] for row in rows]
        widths = [width * mm for width in widths_mm or [WIDTH_MM / len(rows[0])] * len(rows[0])]
        lines = [
            ("LINEBELOW", (0, 0), (-1, -1), 0.3, colors.lightgrey),
            ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ]
        self._story += [Table(cells, colWidths=widths, repeatRows=1, style=lines), Spacer(1, 4 * mm)]

    def picture(self, png: bytes, caption: str, width_mm: float = WIDTH_MM) -> None:
        """A picture with its caption, both on one page."""
        width, height = ImageReader(io.BytesIO(png)).getSize()
        image = Image(io.BytesIO(png), width_mm * mm, width_mm * mm * height / width)
        caption_style = self._styles["BodyText"].clone("caption", fontSize=8, alignment=1)
        self._story.append(KeepTogether([image, Paragraph(escape(caption), caption_style), Spacer(1, 4 * mm)]))

    def finish(self) -> bytes:
        """The document's bytes; the same content gives the same bytes."""
        target = io.BytesIO()
        sides = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), MARGIN_MM * mm)
        document = SimpleDocTemplate(target, pagesize=A4, title=self._title, invariant=1, **sides)
        document.build(self._story, onFirstPage=self._foot, onLaterPages=self._foot)
        return target.getvalue()

    def _foot(self, canvas: Any, document: Any) -> None:
        canvas.saveState()
        canvas.setFont("Helvetica-Bold", 8)
        canvas.drawString(MARGIN_MM * mm, 10 * mm, self._notice)
        canvas.setFont("Helvetica", 8)
        canvas.drawRightString((210 - MARGIN_MM) * mm, 10 * mm, f"Page {document.page}")
        canvas.restoreState()
