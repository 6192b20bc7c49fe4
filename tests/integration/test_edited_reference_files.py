"""Real annotation files through a workspace: read, one vertex edited, undone, written, read: the same vertices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lnm_desktop.app.commands import AddAnnotations, ReplaceAnnotation, SetGroups
from lnm_desktop.app.session import Session
from lnm_desktop.domain.annotation import Annotation, AnnotationSet
from lnm_desktop.domain.geometry import Point
from lnm_desktop.domain.ids import ImageId
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.formats.annotations import load_annotations, save_annotations

FILES = 32


def kept(annotations: AnnotationSet) -> list[tuple[object, ...]]:
    return [(item.geometry, item.group, item.name, item.color) for item in annotations]


def with_a_moved_vertex(annotation: Annotation) -> Annotation:
    first, *others = annotation.geometry.points
    points = (Point(first.x + 7.25, first.y - 3.5), *others)
    return replace(annotation, geometry=replace(annotation.geometry, points=points))


def edit_and_undo(folder: Path, loaded: AnnotationSet) -> AnnotationSet:
    """What the workspace holds after an edit and its undoing, read from the disk again."""
    with Session.open(folder, author="SYNTHETIC") as session:
        case = session.add_case("SYNTHETIC", synthetic=True)
        image = session.add_image(case.id, "slide.tif", ImageKind.SLIDE, "slide").id
        session.execute(SetGroups(image, loaded.groups))
        session.execute(AddAnnotations(image, loaded.annotations))
        edited = with_a_moved_vertex(loaded.annotations[len(loaded) // 2])
        session.execute(ReplaceAnnotation(image, edited))
        assert session.annotations(image).get(edited.id) == edited
        session.undo(case.id)
    return _reopened(folder, image)


def _reopened(folder: Path, image: ImageId) -> AnnotationSet:
    with Session.open(folder, author="SYNTHETIC") as session:
        return session.annotations(image)


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["xml", "geojson"])
def test_an_edit_undone_leaves_every_vertex_as_it_was(shared_data: Path, tmp_path: Path, ending: str) -> None:
    camelyon = shared_data / "camelyon"
    files = sorted([*camelyon.glob("asap_xml/*.xml"), *camelyon.glob("polygons/*.json")])
    assert len(files) == FILES
    for number, file in enumerate(files):
        loaded = load_annotations(file).annotations
        held = edit_and_undo(tmp_path / f"workspace-{number}", loaded)
        target = tmp_path / f"{file.stem}.{ending}"
        save_annotations(target, held)
        back = load_annotations(target).annotations
        assert kept(back) == kept(loaded), file.name
        assert set(back.groups) == set(loaded.groups), file.name
