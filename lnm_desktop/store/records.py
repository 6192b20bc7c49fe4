"""What the store keeps beyond the domain's own nouns."""

from __future__ import annotations

from dataclasses import dataclass

from lnm_desktop.domain.coverage import CoverageGrid
from lnm_desktop.domain.geometry import Point, Shape
from lnm_desktop.domain.ids import ImageId, RunId
from lnm_desktop.domain.prediction import Score


@dataclass(frozen=True, slots=True)
class PredictionRecord:
    """One run in the workspace; `folder` holds its bundle, relative to the workspace, with forward slashes."""

    id: RunId
    image_id: ImageId
    model_id: str
    model_version: str
    folder: str
    scores: tuple[Score, ...] = ()
    utc: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """The vertices of a shape in the making; it may have too few points to be a geometry yet."""

    shape: Shape
    points: tuple[Point, ...]
    utc: str = ""


@dataclass(frozen=True, slots=True)
class KeptCoverage:
    """Which cells of an image `reader` has looked at; `cells` are what `app.coverage` packs.

    `fingerprint` names the file that was looked at: what was seen of another one does not count.
    """

    reader: str
    fingerprint: str
    grid: CoverageGrid
    cells: bytes
    utc: str = ""


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What a walk along the journal found.

    `rows` counts the rows read; `first_bad_seq` is the first row that is altered or missing. `problem` is
    empty when all is in order. `clock_jumps` are rows whose time does not follow from the row before: the machine's
    clock was set meanwhile, and only the rows' order tells what came first.
    """

    ok: bool
    rows: int
    head_seq: int
    head_hash: str
    first_bad_seq: int | None = None
    problem: str = ""
    clock_jumps: tuple[int, ...] = ()
