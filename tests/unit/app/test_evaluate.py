"""The table of labelled tiles is read strictly, and the report holds what was asked."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lnm_desktop import __version__
from lnm_desktop.app.evaluate import evaluate_tiles, read_labelled_files
from lnm_desktop.app.models import Models
from lnm_desktop.errors import FormatError, ImageError
from lnm_desktop.evaluation.auc import auc
from tests.fakes.plugins import install_fake


def a_table(folder: Path, rows: list[dict[str, str]], columns: tuple[str, ...] = ("file", "label", "split")) -> Path:
    with (folder / "tiles.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return folder / "tiles.csv"


def grey_tiles(folder: Path, levels: list[int], labels: list[int], split: str = "test") -> list[dict[str, str]]:
    """Tiles of one grey each, the darker the likelier for the fake model; made up."""
    rows = []
    for number, (level, label) in enumerate(zip(levels, labels, strict=True)):
        name = f"{split}-{number}.png"
        Image.fromarray(np.full((64, 64, 3), level, np.uint8)).save(folder / name)
        rows.append({"file": name, "label": str(label), "split": split})
    return rows


def test_a_split_is_selected_in_the_order_of_the_table(tmp_path: Path) -> None:
    rows = grey_tiles(tmp_path, [1, 2, 3, 4], [0, 1, 1, 0]) + grey_tiles(tmp_path, [5], [1], "train")
    found = read_labelled_files(a_table(tmp_path, rows), tmp_path, "test")
    assert [file.name for file in found.files] == ["test-0.png", "test-1.png", "test-2.png", "test-3.png"]
    assert found.labels.tolist() == [0, 1, 1, 0]


def test_errors_name_the_row(tmp_path: Path) -> None:
    rows = grey_tiles(tmp_path, [1, 2, 3, 4], [0, 1, 1, 0])
    for change, words in (
        ({"label": "yes"}, "row 4: the label 'yes'"),
        ({"label": ""}, "row 4: the label ''"),
        ({"file": "gone.png"}, "row 4: there is no image 'gone.png'"),
        ({"file": ""}, "row 4: there is no image ''"),
    ):
        changed = [*rows[:2], {**rows[2], **change}, rows[3]]
        with pytest.raises(FormatError, match=words):
            read_labelled_files(a_table(tmp_path, changed), tmp_path)


def test_a_file_that_is_listed_twice_is_refused_with_both_rows(tmp_path: Path) -> None:
    rows = grey_tiles(tmp_path, [1, 2, 3, 4], [0, 1, 1, 0])
    again = {**rows[1], "file": f"./{rows[1]['file']}"}
    with pytest.raises(FormatError, match=r"rows 3 and 6: the image test-1\.png is listed twice"):
        read_labelled_files(a_table(tmp_path, [*rows, again]), tmp_path)


def test_a_table_that_cannot_be_measured_says_why(tmp_path: Path) -> None:
    rows = grey_tiles(tmp_path, [1, 2, 3, 4], [0, 1, 1, 1])
    with pytest.raises(FormatError, match="fewer than two rows of one label"):
        read_labelled_files(a_table(tmp_path, rows), tmp_path)
    with pytest.raises(FormatError, match="no row of the split 'val'"):
        read_labelled_files(a_table(tmp_path, rows), tmp_path, "val")
    with pytest.raises(FormatError, match="no column 'split'"):
        read_labelled_files(a_table(tmp_path, rows, ("file", "label")), tmp_path, "test")
    with pytest.raises(FormatError, match="no column 'label'"):
        read_labelled_files(a_table(tmp_path, rows, ("file",)), tmp_path)
    with pytest.raises(FormatError, match=r"there is no table nowhere\.csv"):
        read_labelled_files(tmp_path / "nowhere.csv", tmp_path)


def test_a_report_equals_the_measures_of_the_known_probabilities(tmp_path: Path) -> None:
    levels, labels = [250, 40, 100, 60, 200, 120, 90, 30], [0, 1, 1, 0, 0, 1, 0, 1]
    table = a_table(tmp_path, grey_tiles(tmp_path, levels, labels))
    plugin = install_fake(tmp_path / "plugins")
    with Models(tmp_path / "log", tmp_path / "cache", search=lambda: [plugin]) as models:
        report = evaluate_tiles(models, "fake-darkness", table, tmp_path, "test")
        Image.fromarray(np.zeros((60, 64, 3), np.uint8)).save(tmp_path / "test-3.png")
        with pytest.raises(ImageError, match=r"test-3.png has 64 × 60 pixels, the model needs 64 × 64"):
            evaluate_tiles(models, "fake-darkness", table, tmp_path, "test")
    scores = 1 - np.array(levels) / 255
    assert (report.n, report.n_positive, report.split, report.unit) == (8, 4, "test", "tile")
    assert report.table_sha256 == hashlib.sha256(table.read_bytes()).hexdigest()
    assert (report.device, report.batch_size, report.threads) == ("cpu", 32, 1)
    assert (report.lnm_desktop, report.libraries["numpy"]) == (__version__, np.__version__)
    assert report.auc == pytest.approx(auc(labels, scores))
    assert report.brier == pytest.approx(np.mean((scores - np.array(labels)) ** 2), abs=1e-6)
    assert report.sensitivity == np.mean(scores[np.array(labels) == 1] >= 0.5)
    assert report.specificity == np.mean(scores[np.array(labels) == 0] < 0.5)
    assert report.accuracy_ci[0] < report.accuracy < report.accuracy_ci[1]
