"""Plots of evaluations as PNG."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

SIDE_INCHES = 4.2
DPI = 150


class Proportion(Protocol):
    """A share with its interval."""

    @property
    def proportion(self) -> float: ...
    @property
    def lower(self) -> float: ...
    @property
    def upper(self) -> float: ...


class CurvePoint(Protocol):
    """See `evaluation.calibration_curve.CalibrationPoint`."""

    @property
    def predicted(self) -> float: ...
    @property
    def observed(self) -> Proportion: ...


class BenefitPoint(Protocol):
    """See `evaluation.decision.NetBenefit`."""

    @property
    def threshold(self) -> float: ...
    @property
    def model(self) -> float: ...
    @property
    def everybody(self) -> float: ...


def calibration_plot(curves: Mapping[str, Sequence[CurvePoint]]) -> bytes:
    """Observed share with its interval over the predicted one, for each named curve."""
    figure, axes = _figure("Predicted probability", "Observed share")
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    for name, points in curves.items():
        x = [point.predicted for point in points]
        y = [point.observed.proportion for point in points]
        below = [point.observed.proportion - point.observed.lower for point in points]
        above = [point.observed.upper - point.observed.proportion for point in points]
        axes.errorbar(x, y, yerr=[below, above], marker="o", markersize=4, linewidth=1, capsize=2, label=name)
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.legend(frameon=False)
    return _png(figure)


def decision_plot(curves: Mapping[str, Sequence[BenefitPoint]]) -> bytes:
    """Net benefit over the threshold, with that of treating everybody and nobody."""
    figure, axes = _figure("Threshold probability", "Net benefit")
    for name, points in curves.items():
        axes.plot([p.threshold for p in points], [p.model for p in points], linewidth=1.2, label=name)
    points = next(iter(curves.values()))
    axes.plot([p.threshold for p in points], [p.everybody for p in points], "k--", linewidth=0.8, label="everybody")
    axes.axhline(0, color="black", linewidth=0.8, label="nobody")
    top = max(point.model for own in curves.values() for point in own)
    axes.set(xlim=(0, 0.85), ylim=(-0.05, top * 1.15 + 0.01))
    axes.legend(frameon=False, fontsize=7)
    return _png(figure)


def _figure(x: str, y: str) -> tuple[Any, Any]:
    # Not pyplot: it keeps figures of its own and may look for a screen.
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - takes half a second
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure((SIDE_INCHES, SIDE_INCHES), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set(xlabel=x, ylabel=y)
    return figure, axes


def _png(figure: Any) -> bytes:
    target = io.BytesIO()
    figure.savefig(target, format="png", dpi=DPI, metadata={"Software": None})
    return target.getvalue()
