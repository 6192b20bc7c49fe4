"""A model's map at a threshold made into annotations, in a group of the model's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lnm_desktop.app.commands import EditAnnotations, SetGroups
from lnm_desktop.domain.annotation import Annotation, AnnotationGroup, AnnotationSet
from lnm_desktop.domain.ids import ImageId
from lnm_desktop.domain.prediction import HeatmapGrid, Prediction
from lnm_desktop.errors import LnmError
from lnm_desktop.formats.findings import COLOR, MOST_PARTS, count_parts, map_annotations
from lnm_desktop.formats.prediction_bundle import Map


@dataclass(frozen=True)
class MapOutlines:
    """What was outlined; `group` is new unless the model was asked before, `note` says what is left out."""

    group: AnnotationGroup
    annotations: tuple[Annotation, ...]
    note: str = ""

    def commands(
        self, image_id: ImageId, drawn: AnnotationSet, declared: Sequence[AnnotationGroup]
    ) -> tuple[SetGroups | EditAnnotations, ...]:
        """What puts them beside all that is drawn; `declared` are the image's groups.

        Raises LnmError where this run's outlines are there already: what a person made of them stays.
        """
        name, origin = self.group.name, self.annotations[0].origin
        if any(item.group == name and item.origin == origin for item in drawn):
            words = f"The map is outlined at this threshold already, in the group {name}."
            raise LnmError(words, hint="Remove that group's annotations first, or take another threshold.")
        put = EditAnnotations(image_id, f"Outline {name}", put=self.annotations)
        known = any(group.name == name for group in declared)
        return (put,) if known else (SetGroups(image_id, (*declared, self.group)), put)


def outline_map(prediction: Prediction, grid: HeatmapGrid, values: Map, threshold: float) -> MapOutlines:
    """The outlines of all cells that reach the threshold. Raises LnmError where there are none."""
    group = AnnotationGroup(f"{grid.name} ≥ {threshold:.2f} ({prediction.model_id})", COLOR)
    found = map_annotations(prediction, grid, values, threshold, group.name)
    if not found:
        raise LnmError(f"No cell of the map reaches {threshold:.2f}.", hint="Lower the threshold.")
    count = count_parts(values, threshold)
    note = f"Only the {MOST_PARTS:,} areas with the highest peaks of {count:,}." if count > MOST_PARTS else ""
    return MapOutlines(group, found, note)
