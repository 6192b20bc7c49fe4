"""`lnm stage`: outlined metastases measured, classified, and the patient's pN."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from lnm_desktop.cli.output import WORDS, print_json, print_table
from lnm_desktop.domain.image import Calibration, CalibrationSource
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.errors import CalibrationMissing

if TYPE_CHECKING:
    from lnm_desktop.app.lesions import FoundLesion
    from lnm_desktop.app.staging import StageReport


def command(
    annotations: list[Path] = typer.Argument(
        help="ASAP or ImageScope XML, GeoJSON or CAMELYON contours; one for each node."
    ),
    mpp: float = typer.Option(None, "--mpp", help="Pixel size of level 0 in µm. Without it nothing is measured."),
    mpp_y: float = typer.Option(None, "--mpp-y", help="Height of a pixel in µm, where it is no square."),
    group: list[str] = typer.Option([], "--group", help="A group whose outlines are lesions; may be repeated."),
    cut_out: list[str] = typer.Option([], "--cut-out", help="A group whose outlines are cut out of lesions."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Measure outlined metastases and tell each node's class and the patient's pN, with the reasons.

    Example: lnm stage patient_1_node_0.xml patient_1_node_1.xml --mpp 0.243 --json
    """
    from lnm_desktop.app.lesions import GroupUse, GroupUses  # noqa: PLC0415 - keeps the start of other commands short
    from lnm_desktop.app.staging import stage_files  # noqa: PLC0415 - as above

    uses = GroupUses({**dict.fromkeys(group, GroupUse.LESION), **dict.fromkeys(cut_out, GroupUse.CUT_OUT)})
    report = stage_files(annotations, calibration_of(mpp, mpp_y if mpp_y is not None else mpp), uses)
    if as_json:
        print_json(_facts(report))
    else:
        _print_words(report)


def calibration_of(mpp_x: float | None, mpp_y: float | None) -> Calibration:
    """Unknown where it is not given. Raises CalibrationMissing for what is no length."""
    if mpp_x is None or mpp_y is None:
        return Calibration()
    try:
        return Calibration(mpp_x, mpp_y, CalibrationSource.USER)
    except ValueError as error:
        raise CalibrationMissing(
            f"{mpp_x:g} × {mpp_y:g} µm is no pixel size", hint="Give µm per pixel of level 0, for example 0.243."
        ) from error


def _facts(report: StageReport) -> dict[str, Any]:
    return {
        "pN": report.patient.stage,
        "reason": report.patient.reason,
        "nodes": [
            {
                "node": node.node,
                "class": node.kind.value,
                "lesions": [_lesion(found) for found in node.lesions],
                "notes": list(node.notes),
            }
            for node in report.nodes
        ],
        "groups": {name: use.value for name, use in report.groups},
        "use": RESEARCH_USE_ONLY,
    }


def _lesion(found: FoundLesion) -> dict[str, Any]:
    lesion = found.lesion
    return {
        "name": found.name,
        "group": found.group,
        "class": lesion.kind.value,
        "reason": lesion.reason,
        "longest_mm": lesion.longest_mm,
        "area_mm2": lesion.area_mm2,
        "cells": found.cells,
        "ends_px": [[end.x, end.y] for end in lesion.ends],
    }


def _print_words(report: StageReport) -> None:
    from lnm_desktop.app.staging import LESION_COLUMNS, lesion_rows  # noqa: PLC0415 - as above

    print_table("Lesions", LESION_COLUMNS, lesion_rows(report))
    for node in report.nodes:
        for note in node.notes:
            WORDS.print(f"  {node.node}: {note}", markup=False)
    WORDS.print(f"{report.patient.stage}: {report.patient.reason}", markup=False)
    WORDS.print(RESEARCH_USE_ONLY, markup=False)
