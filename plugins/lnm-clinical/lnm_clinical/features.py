"""Clinical records to numbers, with everything that is learnt from data learnt on the training rows alone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Value = Any  # a number, a text, True or False, or None where nothing is known
Row = Mapping[str, Value]
Matrix = NDArray[np.float64]
Texts = NDArray[np.object_]
# A column that fewer training rows tell apart is left out: nothing could be learnt from it.
LEAST_ROWS = 10
T_CLASSES = ("1", "2", "3", "4")


def t_class(row: Row) -> Value:
    """The number of the T category, known without its subdivision; None for cTX, cT0 and cTis."""
    text = str(row.get("clinical_t") or "")
    return text[2:3] if text[2:3] in T_CLASSES else None


def receptor(name: str) -> Callable[[Row], Value]:
    """Status of ER or PR; from 1 % stained nuclei on it is positive, be it low (ASCO/CAP 2020)."""

    def of(row: Row) -> Value:
        status, percent = row.get(f"{name}_status"), row.get(f"{name}_percent")
        if status is None and percent is not None:
            return "positive" if float(percent) >= 1 else "negative"
        return None if status is None else ("negative" if status == "negative" else "positive")

    return of


def her2(row: Row) -> Value:
    """HER2 status, else what stain and in situ hybridisation say (ASCO/CAP 2018)."""
    if row.get("her2_status") is not None:
        return row["her2_status"]
    stain, hybridised = row.get("her2_ihc"), row.get("her2_ish")
    if stain == "3+" or hybridised == "amplified":
        return "positive"
    if stain in ("0", "1+") or hybridised == "not amplified":
        return "negative"
    return None


def log_size(size_mm: Matrix) -> Matrix:
    """The risk grows with the ratio of sizes rather than with millimetres; below one nothing is told apart."""
    return np.log(np.maximum(size_mm, 1.0))


NUMBERS: dict[str, Callable[[Matrix], Matrix]] = {"age": lambda years: years, "tumor_size": log_size}
CHOICES: dict[str, Callable[[Row], Value]] = {
    "menopausal_status": lambda row: row.get("menopausal_status"),
    "histology": lambda row: row.get("histology"),
    "grade": lambda row: row.get("grade"),
    "er": receptor("er"),
    "pr": receptor("pr"),
    "her2": her2,
}


@dataclass(frozen=True, eq=False, slots=True)
class Records:
    """Rows as columns: numbers (n,) with nan where there is none, texts (n,) with None, the T category alike."""

    numbers: Mapping[str, Matrix]
    choices: Mapping[str, Texts]
    t_class: Texts

    @classmethod
    def read(cls, rows: Sequence[Row]) -> Records:
        """The columns of rows."""
        numbers = {name: np.array([_number(row.get(name)) for row in rows], float) for name in NUMBERS}
        choices = {name: _texts(map(read, rows)) for name, read in CHOICES.items()}
        return cls(numbers, choices, _texts(map(t_class, rows)))

    def take(self, used: NDArray[np.bool_]) -> Records:
        """Some of the rows."""
        numbers = {name: values[used] for name, values in self.numbers.items()}
        choices = {name: values[used] for name, values in self.choices.items()}
        return Records(numbers, choices, self.t_class[used])


@dataclass(frozen=True, slots=True)
class Encoder:
    """Numbers imputed by the mean and scaled, choices as columns of 0 and 1, a column for each missing value.

    A number beyond the training's first or 99th percentile (`bounds`) counts as that: nothing was learnt beyond it.
    A size that is not known but its T category is, is taken as the mean of that category.
    """

    bounds: Mapping[str, tuple[float, float]]
    means: Mapping[str, float]
    deviations: Mapping[str, float]
    size_by_t: Mapping[str, float]
    choices: Mapping[str, tuple[str, ...]]
    kept: tuple[str, ...]

    @classmethod
    def fit(cls, records: Records) -> Encoder:
        """Learn means, categories and which columns are worth keeping."""
        bounds, means, deviations = {}, {}, {}
        for name, scale in NUMBERS.items():
            known = records.numbers[name][~np.isnan(records.numbers[name])]
            bounds[name] = _bounds(known)
            scaled = scale(np.clip(known, *bounds[name]))
            means[name] = float(scaled.mean()) if scaled.size else 0.0
            deviations[name] = float(scaled.std()) if scaled.size and scaled.std() > 0 else 1.0
        choices = {name: _frequent(values) for name, values in records.choices.items()}
        size_by_t = _size_by_t(records.numbers["tumor_size"], means["tumor_size"])
        whole = cls(bounds, means, deviations, size_by_t, choices, ())
        kept = tuple(name for name, column in whole._columns(records).items() if _tells_apart(column))
        return replace(whole, kept=kept)

    def transform(self, records: Records) -> Matrix:
        """Matrix (n, columns), its columns named by `kept`."""
        columns = self._columns(records)
        return np.stack([columns[name] for name in self.kept], axis=1)

    def _columns(self, records: Records) -> dict[str, Matrix]:
        columns: dict[str, Matrix] = {}
        for name in NUMBERS:
            values, missing = self._scaled(name, records)
            columns[name] = (values - self.means[name]) / self.deviations[name]
            columns[f"{name} missing"] = missing.astype(float)
        for name, found in records.choices.items():
            is_choice = {choice: (found == choice).astype(float) for choice in self.choices[name]}
            # The first choice is what the others are compared with.
            columns |= {f"{name} {choice}": is_choice[choice] for choice in self.choices[name][1:]}
            columns[f"{name} missing"] = 1.0 - sum(is_choice.values(), np.zeros(len(found)))
        return columns

    def _scaled(self, name: str, records: Records) -> tuple[Matrix, NDArray[np.bool_]]:
        """Numbers on their scale, and where they are missing."""
        values = records.numbers[name]
        missing = np.isnan(values)
        scaled = np.where(missing, self.means[name], NUMBERS[name](np.clip(values, *self.bounds[name])))
        if name == "tumor_size":
            for stage, size in self.size_by_t.items():
                by_stage = missing & (records.t_class == stage)
                scaled, missing = np.where(by_stage, size, scaled), missing & ~by_stage
        return scaled, missing

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Encoder:
        """The inverse of `to_dict`."""
        choices = {name: tuple(values) for name, values in data["choices"].items()}
        bounds = {name: (low, high) for name, (low, high) in data["bounds"].items()}
        return cls(bounds, data["means"], data["deviations"], data["size_by_t"], choices, tuple(data["kept"]))


def _number(value: Value) -> float:
    return math.nan if value is None else float(value)


def _texts(values: Iterable[Value]) -> Texts:
    found = [None if value is None else str(value) for value in values]
    made = np.empty(len(found), object)
    made[:] = found
    return made


def _bounds(known: Matrix) -> tuple[float, float]:
    low, high = np.percentile(known, (1, 99)) if known.size else (-math.inf, math.inf)
    return float(low), float(high)


def _frequent(values: Texts) -> tuple[str, ...]:
    """The choices that enough rows have, in the order of their names; a rarer one counts as missing."""
    counts = Counter(value for value in values.tolist() if value is not None)
    return tuple(sorted(choice for choice, count in counts.items() if count >= LEAST_ROWS))


def _tells_apart(column: Matrix) -> bool:
    _, counts = np.unique(column, return_counts=True)
    return column.size - counts.max() >= LEAST_ROWS


# The borders of the T categories by size (UICC, 8th edition), in mm; T4 is told by skin and chest wall, not by size.
T_BORDERS_MM = {"1": (0.0, 20.0), "2": (20.0, 50.0), "3": (50.0, math.inf), "4": (0.0, math.inf)}


def _size_by_t(sizes: Matrix, mean: float) -> dict[str, float]:
    """The mean logarithm of the sizes within each T category's borders; the mean of all where there are none."""
    found = {}
    for stage, (low, high) in T_BORDERS_MM.items():
        within = sizes[(sizes > low) & (sizes <= high)]
        found[stage] = float(log_size(within).mean()) if within.size >= LEAST_ROWS else mean
    return found
