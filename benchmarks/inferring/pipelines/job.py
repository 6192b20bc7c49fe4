"""What a pipeline is asked for and what it answers; imports nothing that an environment may lack."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ANSWER_FILE = "answer.json"
PATCH_PX = 256
PATCH_MPP = 0.5
CELL_PX = 512
NICENESS = 10  # our worker yields to the window by as much


@dataclass(frozen=True)
class Job:
    """A slide, its patches (x, y on level 0), a net as weights, TorchScript and ONNX, and a folder for results."""

    slide: str
    side_px: int
    patches: list[list[int]]
    net: str
    weights: str
    script: str
    onnx: str
    resampling: str
    workers: int
    threads: int
    batch: int
    folder: str

    def save(self) -> Path:
        """Write the job into its folder."""
        path = Path(self.folder) / "job.json"
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")
        return path

    @contextmanager
    def answering(self) -> Iterator[Answer]:
        """Times what is done inside, then writes the answer."""
        answer, started = Answer(), time.perf_counter()
        yield answer
        seconds = time.perf_counter() - started
        content = {"run_s": seconds, "patches": answer.patches, "probabilities": answer.probabilities}
        (Path(self.folder) / ANSWER_FILE).write_text(json.dumps(content), encoding="utf-8")


class Answer:
    """Patches (x, y on level 0) and the probability of the last class in each."""

    patches: list[list[int]]
    probabilities: list[float]

    def give(self, patches: Iterable[Iterable[Any]], probabilities: Iterable[Any]) -> None:
        """State them, in one order."""
        self.patches = [[round(float(value)) for value in patch] for patch in patches]
        self.probabilities = [float(value) for value in probabilities]


def read_job(*, yields: bool = True) -> Job:
    """The job whose file is this program's argument; the process yields to others as our worker does."""
    if yields and hasattr(os, "nice"):
        os.nice(NICENESS)
    return Job(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))


def cell_mask(job: Job, px_per_cell: int) -> Any:
    """The patches as a picture (rows, columns) of 0 and 1 over the whole slide."""
    import numpy as np

    across = job.side_px // CELL_PX
    mask = np.zeros((across, across), np.uint8)
    for x, y in job.patches:
        mask[y // CELL_PX, x // CELL_PX] = 1
    return mask.repeat(px_per_cell, axis=0).repeat(px_per_cell, axis=1)
