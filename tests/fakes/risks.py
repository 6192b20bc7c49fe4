"""A made-up risk model whose log odds are known, and made-up tables of patients."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.api import (
    FieldRange,
    Job,
    Judged,
    ModelSpec,
    Population,
    RiskBand,
    RiskModel,
    ThresholdCount,
    TrainedRisk,
)
from lnm_desktop.plugin.tabular_model import Row

GRADES = {"1": -1.0, "2": 0.0, "3": 0.7}


class SumOfFields(RiskModel):
    """Log odds: -1, plus 0.02 for each year above 50, plus what the grade adds; unknown adds nothing."""

    interaction = 0.0

    @classmethod
    def train(cls, rows: Sequence[Row], labels: NDArray[np.int64], seed: int, job: Job) -> TrainedRisk:
        return TrainedRisk({}, {"operating_point": 0.4})

    def use(self, trained: TrainedRisk) -> None:
        pass

    def log_odds(self, row: Row) -> float:
        age, grade = row.get("age"), row.get("grade")
        together = self.interaction if age is not None and grade is not None else 0.0
        return -1.0 + (0.02 * (float(age) - 50) if age is not None else 0.0) + GRADES.get(str(grade), 0.0) + together

    def judge(self, rows: Sequence[Row]) -> Judged:
        values = np.array([self.log_odds(row) for row in rows])
        return Judged(*(1 / (1 + np.exp(-(values + shift))) for shift in (0.0, -0.3, 0.3)))

    def population(self) -> Population:
        fields = {
            "age": FieldRange(200, (30.0, 35.0, 55.0, 80.0, 90.0)),
            "grade": FieldRange(190, (), {"1": 60, "2": 80, "3": 50}),
        }
        bands = (RiskBand(0.1, 0.3, 100, 20), RiskBand(0.3, 0.7, 100, 60))
        return Population(200, 80, fields, bands, (ThresholdCount(0.2, 76, 90), ThresholdCount(0.4, 50, 30)))


def sum_of_fields(interaction: float = 0.0) -> SumOfFields:
    model = SumOfFields(
        ModelSpec(
            id="sum",
            version="1",
            title="Sum of fields",
            task="tabular-classification",
            classes=("negative", "positive"),
            needs_images=(),
            uses_clinical=("age", "grade"),
            synthetic=True,
        )
    )
    model.interaction = interaction
    return model


def made_up_patients(path: Path, count: int = 240, seed: int = 0) -> Path:
    """A MADE-UP table with METABRIC's columns: node-positive more often with size and grade."""
    generator = np.random.default_rng(seed)
    head = "Patient ID,Age,Inferred Menopausal State,Tumor Size,Tumor Other Histologic Subtype,"
    head += "Neoplasm Histologic Grade,ER Status,PR Status,HER2 Status,Lymph nodes examined positive"
    lines = [head]
    for number in range(count):
        age, size, grade = generator.normal(60, 12), generator.lognormal(3, 0.5), generator.integers(1, 4)
        risk = 1 / (1 + np.exp(-(0.8 * np.log(size / 20) + 0.8 * (grade - 2))))
        nodes = int(generator.integers(1, 9)) if generator.uniform() < risk else 0
        cells = [
            f"SYNTHETIC-{number:04d}",
            f"{np.clip(age, 25, 95):.1f}",
            "Post" if age > 50 else "Pre",
            f"{np.clip(size, 1, 180):.0f}" if generator.uniform() > 0.05 else "",
            "Ductal/NST" if generator.uniform() > 0.2 else "Lobular",
            str(grade) if generator.uniform() > 0.05 else "",
            "Positive" if generator.uniform() > 0.25 else "Negative",
            "Positive" if generator.uniform() > 0.4 else "Negative",
            "Negative" if generator.uniform() > 0.12 else "Positive",
            str(nodes),
        ]
        lines.append(",".join(cells))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
