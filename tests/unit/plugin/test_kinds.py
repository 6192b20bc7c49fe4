"""Each kind of model on made-up inputs, without a worker: its answer is in place, a wrong one is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lnm_desktop.api import (
    Absent,
    BagAnswer,
    CaseModel,
    ClinicalRecord,
    DetectionModel,
    DetectionOptions,
    FeatureExtractor,
    FeatureOptions,
    FoundObject,
    InferenceError,
    ModelInputs,
    ModelOutput,
    ModelSpec,
    Region,
    SegmentationModel,
    SegmentationOptions,
    SeriesModel,
    Shape,
    SlideModel,
    TabularModel,
)
from lnm_desktop.domain.geometry import rectangle
from lnm_desktop.plugin.kinds import KINDS
from lnm_desktop.plugin.made_up import MadeUpSeries, MadeUpSlide, QuietJob, made_up_inputs, made_up_record
from lnm_desktop.plugin.merging import kept_boxes, kept_points
from lnm_desktop.plugin.output_check import check_output

SPEC = ModelSpec("m", "1", "M", "", ("ground", "stain"), 1.0, 64)
TISSUE = Region(160, 96, 512, 384)
ALL = {"tissue_fraction": 0.0}
Tiles = NDArray[np.uint8]


def a_slide() -> ModelInputs:
    slide = MadeUpSlide(1003, 701, tissue=TISSUE)
    return ModelInputs(slide, slide.info.calibration)


def stained(tiles: Tiles) -> NDArray[np.float64]:
    return (tiles[..., 1] < 200).astype(np.float64)


class Stain(SegmentationModel):
    backend = "numpy"

    def segment(self, tiles: Tiles) -> NDArray[np.floating]:
        stain = stained(tiles)
        return np.stack([1 - stain, stain], axis=-1)


class Corners(SegmentationModel):
    """Sure in the middle of its tile and wrong at its edge, as networks are."""

    backend = "numpy"

    def segment(self, tiles: Tiles) -> NDArray[np.floating]:
        stain = np.zeros(tiles.shape[:3])
        stain[:, :2], stain[:, -2:], stain[:, :, :2], stain[:, :, -2:] = 1, 1, 1, 1
        return np.stack([1 - stain, stain], axis=-1)


@pytest.mark.parametrize("cell_px", [4, 8, 16])
def test_a_segmentation_is_the_mean_of_each_cell_wherever_the_tiles_lie(cell_px: int) -> None:
    options = SegmentationOptions(cell_px=cell_px, **ALL)  # type: ignore[arg-type]
    output = Stain(SPEC).predict(a_slide(), options, QuietJob())
    values, grid = output.maps["stain"], output.grids[0]
    expected = np.zeros((grid.rows, grid.columns), np.float32)
    top, left = 96 // cell_px, 160 // cell_px
    expected[top : top + 384 // cell_px, left : left + 512 // cell_px] = 1
    assert np.allclose(values, expected, atol=1e-5)
    assert (grid.cell.width, grid.columns) == (cell_px, 32 * 32 // cell_px)
    areas = {score.id: score.value for score in output.scores}
    assert areas["area_stain"] == pytest.approx(512 * 384 / 1e6)
    assert output.regions[0].region == TISSUE


def test_what_a_network_does_wrong_at_the_edge_of_tiles_fades() -> None:
    output = Corners(SPEC).predict(a_slide(), SegmentationOptions(cell_px=4, **ALL), QuietJob())  # type: ignore[arg-type]
    assert np.nanmax(output.maps["stain"][8:-8, 8:-8]) < 0.05


def test_a_segmentation_leaves_out_what_is_no_tissue() -> None:
    values = Stain(SPEC).predict(a_slide(), SegmentationOptions(), QuietJob()).maps["stain"]
    assert np.isfinite(values[12:60, 20:84]).all()
    assert np.isnan(values[:, 110:]).all()


def test_a_cell_that_does_not_fit_the_tile_is_refused() -> None:
    with pytest.raises(InferenceError, match="cells of 32 px do not fit tiles of 64 px"):
        Stain(SPEC).predict(a_slide(), SegmentationOptions(cell_px=32), QuietJob())


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (np.zeros((4, 64, 64, 3)), "output-shape"),
        (np.zeros((4, 64, 64, 2), np.int64), "output-dtype"),
        (np.full((4, 64, 64, 2), np.nan), "output-finite"),
        (np.full((4, 64, 64, 2), 2.0), "output-range"),
    ],
)
def test_wrong_pixels_are_refused_by_their_rule(answer: NDArray[Any], rule: str) -> None:
    class Bad(SegmentationModel):
        def segment(self, tiles: Tiles) -> NDArray[Any]:
            return answer[: len(tiles)]

    with pytest.raises(InferenceError) as caught:
        Bad(SPEC).predict(a_slide(), SegmentationOptions(batch_size=4), QuietJob())
    assert caught.value.facts["rule"] == rule


class Nuclei(DetectionModel):
    """Boxes around the made-up nuclei that lie wholly in a tile."""

    backend = "numpy"
    overlap_px = 24

    def detect(self, tiles: Tiles) -> list[NDArray[np.floating]]:
        return [self.found(tile) for tile in tiles]

    def found(self, tile: Tiles) -> NDArray[np.floating]:
        from scipy import ndimage

        labels, _ = ndimage.label(tile[..., 0] < 150)  # type: ignore[misc]
        boxes = [
            (columns.start, rows.start, columns.stop, rows.stop) for rows, columns in ndimage.find_objects(labels)
        ]
        whole = [(x, y, r - x, b - y, 0.9, 1) for x, y, r, b in boxes if x > 0 and y > 0 and r < 64 and b < 64]
        return np.array(whole, np.float64).reshape(-1, 6)


class Points(Nuclei):
    def found(self, tile: Tiles) -> NDArray[np.floating]:
        rows = super().found(tile)
        rows[:, :2] += rows[:, 2:4] / 2
        rows[:, 2:4] = 0
        return rows


@pytest.mark.parametrize("kind", [Nuclei, Points])
def test_an_object_in_several_tiles_is_one(kind: type[DetectionModel]) -> None:
    output = kind(SPEC).predict(a_slide(), DetectionOptions(**ALL), QuietJob())  # type: ignore[arg-type]
    counts = {score.id: score.value for score in output.scores}
    inner = [x for x in range(0, 1003, 24) if x >= 160 and x + 9 <= 672]
    assert counts == {"count_ground": 0, "count_stain": len(output.objects)}
    whole = [item for item in output.objects if item.geometry.shape is Shape.DOT or item.geometry.bounds.width == 9]
    centers = {(b.x + b.width / 2, b.y + b.height / 2) for b in (item.geometry.bounds for item in whole)}
    wanted = {(x + 4.5, y + 4.5) for x in inner for y in range(96, 480, 24)}
    assert wanted <= centers
    assert len(output.objects) == len(centers) == len({item.geometry for item in output.objects})
    assert output.objects[0].label == "stain"


def test_objects_that_score_too_low_are_left_out() -> None:
    output = Nuclei(SPEC).predict(a_slide(), DetectionOptions(least_score=0.95, **ALL), QuietJob())  # type: ignore[arg-type]
    assert output.objects == ()


def test_the_best_of_boxes_that_overlap_stays_and_its_neighbour_too() -> None:
    boxes = np.array([(0, 0, 10, 10), (1, 0, 10, 10), (8, 0, 10, 10), (50, 50, 5, 5)], np.float64)
    assert kept_boxes(boxes, np.array([0.5, 0.9, 0.4, 0.6])).tolist() == [1, 3, 2]
    points = np.array([(0, 0), (3, 0), (6, 0)], np.float64)
    assert kept_points(points, np.array([0.9, 0.8, 0.7]), 4.0).tolist() == [0, 2]


def object_rows(*rows: tuple[float, ...]) -> NDArray[np.float64]:
    return np.array(rows, np.float64)


BAD_OBJECTS = {
    "objects-inside": object_rows((60, 0, 10, 10, 0.5, 0)),
    "objects-class": object_rows((0, 0, 10, 10, 0.5, 7)),
    "output-range": object_rows((0, 0, 10, 10, 1.5, 0)),
    "output-finite": object_rows((0, np.nan, 10, 10, 0.5, 0)),
    "output-shape": np.zeros((3, 5)),
    "objects-count": np.zeros((10_000, 6)),
    "output-dtype": None,
}


@pytest.mark.parametrize("rule", sorted(BAD_OBJECTS))
def test_wrong_objects_are_refused_by_their_rule(rule: str) -> None:
    class Bad(DetectionModel):
        def detect(self, tiles: Tiles) -> list[Any]:
            return [BAD_OBJECTS[rule]] * len(tiles)

    with pytest.raises(InferenceError) as caught:
        Bad(SPEC).predict(a_slide(), DetectionOptions(), QuietJob())
    assert caught.value.facts["rule"] == rule


class Share(SlideModel):
    """Features are the stained share and the mean brightness; the slide is as stained as its most stained tile."""

    backend = "numpy"

    def features(self, tiles: Tiles) -> NDArray[np.floating]:
        return np.stack([stained(tiles).mean(axis=(1, 2)), tiles.mean(axis=(1, 2, 3)) / 255], axis=1)

    def predict_bag(self, features: NDArray[np.float32], coordinates: NDArray[np.float64]) -> BagAnswer:
        highest = features[:, 0].max()
        assert coordinates.shape == (len(features), 2)
        return BagAnswer(np.array([1 - highest, highest]), features[:, 0])


def test_a_slide_model_shows_where_it_looked() -> None:
    output = Share(SPEC).predict(a_slide(), FeatureOptions(**ALL), QuietJob())  # type: ignore[arg-type]
    assert {score.id: score.value for score in output.scores} == {"stain": 1.0, "ground": 0.0}
    attention, grid = output.maps["attention"], output.grids[0]
    assert (grid.columns, grid.rows, grid.cell.width) == (16, 11, 64)
    assert np.nanmax(attention) == 1.0
    assert attention[3, 5] == 1.0
    assert attention[0, 0] == 0.0
    assert len(output.regions) > 0


def test_a_slide_without_tissue_has_no_score_and_a_reason() -> None:
    slide = MadeUpSlide(800, 600, tissue=Region(0, 0, 0, 0))
    output = Share(SPEC).predict(ModelInputs(slide, slide.info.calibration), FeatureOptions(), QuietJob())
    assert output.scores == ()
    assert "Nothing was examined: there is no score." in output.warnings


class Extract(FeatureExtractor):
    backend = "numpy"

    def features(self, tiles: Tiles) -> NDArray[np.floating]:
        return Share(self.spec).features(tiles)


def test_features_come_with_the_centres_of_their_tiles() -> None:
    output = Extract(SPEC).predict(a_slide(), FeatureOptions(overlap=0.5, **ALL), QuietJob())  # type: ignore[arg-type]
    features, centers = output.features["features"], output.features["coordinates"]
    assert len(features) == len(centers) == 32 * 22
    assert centers[:2].tolist() == [[16.0, 16.0], [48.0, 16.0]]
    inside = (np.abs(centers - (416, 288)) < (256 - 32, 192 - 32)).all(axis=1)
    assert (features[inside, 0] == 1.0).all()


@pytest.mark.parametrize(
    ("features", "rule"), [(np.zeros((1, 3)), "output-shape"), (None, "output-dtype"), ([[1.0]], "output-dtype")]
)
def test_wrong_features_are_refused_by_their_rule(features: Any, rule: str) -> None:
    class Bad(Extract):
        def features(self, tiles: Tiles) -> Any:
            return features

    with pytest.raises(InferenceError, match=rule):
        Bad(SPEC).predict(a_slide(), FeatureOptions(), QuietJob())


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (np.array([0.5, 0.5]), "output-type"),
        (BagAnswer(np.array([0.5, 1.5])), "output-range"),
        (BagAnswer(np.array([0.5])), "output-shape"),
        (BagAnswer(np.array([0.5, 0.5]), np.zeros(3)), "output-shape"),
        (BagAnswer(np.array([0.5, 0.5]), np.full(176, -1.0)), "attention-range"),
    ],
)
def test_a_wrong_answer_for_a_bag_is_refused_by_its_rule(answer: Any, rule: str) -> None:
    class Bad(Share):
        def predict_bag(self, features: NDArray[np.float32], coordinates: NDArray[np.float64]) -> Any:
            return answer

    with pytest.raises(InferenceError) as caught:
        Bad(SPEC).predict(a_slide(), FeatureOptions(**ALL), QuietJob())  # type: ignore[arg-type]
    assert caught.value.facts["rule"] == rule


class Both(CaseModel):
    backend = "numpy"

    def features(self, tiles: Tiles) -> NDArray[np.floating]:
        return Share(self.spec).features(tiles)

    def predict_case(self, features: NDArray[np.float32], coordinates: NDArray[np.float64], record: Any) -> BagAnswer:
        risk = features[:, 0].max() * record["age"] / 100
        return BagAnswer(np.array([1 - risk, risk]))


def test_a_case_model_sees_slide_and_record() -> None:
    spec = replace(SPEC, needs_clinical=("age",))
    inputs = replace(a_slide(), clinical=ClinicalRecord({"age": 40.0, "ki67": 3.0}))
    output = Both(spec).predict(inputs, FeatureOptions(), QuietJob())
    assert output.scores[0].value == pytest.approx(0.4)
    assert output.grids == ()


class Volume(SeriesModel):
    backend = "numpy"

    def predict_series(self, volume: NDArray[np.float32], spacing_mm: tuple[float, float, float]) -> Any:
        self.seen = volume
        return np.array([0.75, 0.25])


@pytest.mark.parametrize(("dimensions", "shape"), [(2, (40, 48)), (3, (6, 40, 48)), (4, (3, 6, 40, 48))])
def test_a_series_has_as_many_dimensions_as_it_has(dimensions: int, shape: tuple[int, ...]) -> None:
    series, model = MadeUpSeries(dimensions), Volume(replace(SPEC, needs_images=("series",)))
    output = model.predict(ModelInputs(series), model.Options(), QuietJob())
    assert model.seen.shape == shape
    if dimensions == 4:
        assert model.seen[:, 3, 20, 24].tolist() == [300, 400, 500]
    assert [score.value for score in output.scores] == [0.25, 0.75]
    assert output.facts["volume_shape"] == list(shape)


def test_a_series_of_other_dimensions_is_refused_with_both_named() -> None:
    class Flat(Volume):
        dimensions = (2,)

    with pytest.raises(InferenceError, match="reads 2-D; the series is 3-D"):
        Flat(SPEC).predict(ModelInputs(MadeUpSeries(3)), Flat.Options(), QuietJob())


class Table(TabularModel):
    backend = "numpy"

    def predict_proba(self, rows: Sequence[Any]) -> NDArray[np.floating]:
        assert rows == [{"age": 50.0, "ki67": None}]
        return np.array([[0.3, 0.7]])


def test_a_tabular_model_needs_no_image_and_sees_only_its_fields() -> None:
    spec = replace(SPEC, needs_images=(), needs_clinical=("age", "ki67"))
    record = ClinicalRecord({"age": 50.0, "ki67": Absent.UNKNOWN, "grade": "2"})
    output = Table(spec).predict(ModelInputs(None, clinical=record), Table.Options(), QuietJob())
    assert output.scores[0].id == "stain"
    assert output.scores[0].value == pytest.approx(0.7)
    with pytest.raises(InferenceError, match="was given no slide"):
        _ = ModelInputs(None).slide


def test_made_up_inputs_hold_what_a_spec_needs() -> None:
    spec = replace(SPEC, needs_images=("series",), needs_clinical=("age", "laterality"))
    inputs = made_up_inputs(spec, 4)
    assert inputs.series.info.phases == 3
    assert made_up_record(spec).values == {"age": 64.0, "laterality": "left"}
    assert made_up_inputs(replace(SPEC, needs_images=())).image is None


def test_every_kind_has_a_task_of_its_own() -> None:
    assert len(KINDS) == 8
    assert all(kind.task == task for task, kind in KINDS.items())


def test_an_output_holds_nothing_by_itself() -> None:
    assert (ModelOutput().objects, ModelOutput().features) == ((), {})


IMAGE = Region(0, 0, 100, 80)


@pytest.mark.parametrize(
    ("output", "image", "rule"),
    [
        (ModelOutput(objects=(FoundObject(rectangle(Region(90, 0, 20, 5)), "a", 0.5),)), IMAGE, "output-outside"),
        (ModelOutput(objects=(FoundObject(rectangle(Region(9, 0, 20, 5)), "a", 0.5),)), None, "output-outside"),
        (ModelOutput(objects=(FoundObject(rectangle(Region(9, 0, 20, 5)), "a", 1.5),)), IMAGE, "output-range"),
        (ModelOutput(features={"f": np.array([np.nan])}), IMAGE, "output-finite"),
    ],
)
def test_what_a_model_of_no_kind_gives_is_held_against_the_same_rules(
    output: ModelOutput, image: Region | None, rule: str
) -> None:
    with pytest.raises(InferenceError) as caught:
        check_output(output, image)
    assert caught.value.facts["rule"] == rule
