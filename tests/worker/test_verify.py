"""A run is made again with what was recorded: the same numbers, or words for what is not the same."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from lnm_desktop.app.models import Models
from lnm_desktop.app.predict import predict
from lnm_desktop.app.session import Session
from lnm_desktop.app.verify import request_again, verify
from lnm_desktop.cli.main import lnm
from lnm_desktop.domain.clinical import Absent, ClinicalRecord
from lnm_desktop.domain.geometry import Region, rectangle
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.errors import FormatError
from lnm_desktop.formats.prediction_bundle import PREDICTION_FILE, Bundle, save_bundle
from tests.fakes.plugins import classify_with, install_fake
from tests.fakes.slides import a_picture, a_request

BODY = """
if len(tiles) > 5: raise RuntimeError('CUDA out of memory. Tried to allocate')
dark = 1 - tiles[:, 16:48, 16:48].mean(axis=(1, 2, 3), dtype=np.float64) / 255
dark = np.clip(dark + (0.125 if FLAG.exists() else 0), 0, 1)
return np.stack([1 - dark, dark], axis=1).astype(np.float32)
"""
HEAD = "import pathlib, numpy as np\nFLAG = pathlib.Path(__file__).parent / 'armed'"
CLINICAL = ClinicalRecord({"age": 51.0, "ki67": Absent.UNKNOWN})
REGION = rectangle(Region(32, 32, 256, 192))


class Recorded:
    """One run with regions, clinical values and a batch that memory halved, and what made it."""

    def __init__(self, folder: Path) -> None:
        plugin = install_fake(folder / "plugins", model=classify_with(BODY, HEAD))
        self.models = Models(folder / "log", folder / "cache", search=lambda: [plugin])
        self.flag = folder / "plugins" / "fake_darkness" / "armed"
        self.slide = a_picture(folder / "synthetic.png")
        self.out = folder / "result"
        request = a_request(self.slide, self.out, regions=(REGION,), clinical=CLINICAL, threads=2)
        self.bundle = predict(self.models, request)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    made = Recorded(tmp_path_factory.mktemp("recorded"))
    yield made
    made.models.close()


def test_the_request_is_the_recorded_one(recorded: Recorded, tmp_path: Path) -> None:
    again = request_again(recorded.bundle.prediction, recorded.slide, tmp_path)
    assert again.regions == (REGION,)
    assert again.clinical == CLINICAL
    assert (again.user_mpp, again.device, again.threads) == (1.0, "cpu", 2)
    assert again.options["batch_size"] == 4
    assert again.run_id != recorded.bundle.prediction.id


def test_a_second_run_gives_the_same_numbers_and_leaves_no_trace(recorded: Recorded) -> None:
    before = sorted(recorded.out.iterdir())
    outcome = verify(recorded.models, recorded.out / PREDICTION_FILE, recorded.slide)
    assert outcome.differences == ()
    assert outcome.words == "The numbers are the same to the last bit."
    assert sorted(recorded.out.iterdir()) == before


def test_other_numbers_are_told_with_the_largest_difference(recorded: Recorded) -> None:
    recorded.flag.touch()
    try:
        outcome = verify(recorded.models, recorded.out, recorded.slide)
    finally:
        recorded.flag.unlink()
    assert not outcome.numbers_same
    assert outcome.largest == pytest.approx(0.125, abs=1e-6)
    assert any(item.words.startswith("The map dark: ") for item in outcome.differences)


def test_a_changed_slide_is_named_before_its_numbers(recorded: Recorded, tmp_path: Path) -> None:
    other = tmp_path / "other.png"
    shutil.copyfile(recorded.slide, other)
    with other.open("ab") as file:
        file.write(b" ")
    outcome = verify(recorded.models, recorded.out, other)
    assert [item.what for item in outcome.differences] == ["slide"]
    assert outcome.numbers_same


def by_command(recorded: Recorded, monkeypatch: pytest.MonkeyPatch, *arguments: object) -> tuple[int, dict[str, Any]]:
    monkeypatch.setattr("lnm_desktop.app.models.Models", lambda *_: contextlib.nullcontext(recorded.models))
    done = CliRunner().invoke(lnm, ["verify", *map(str, arguments), "--json"])
    if isinstance(done.exception, FormatError):
        raise done.exception
    return done.exit_code, json.loads(done.stdout)


def test_the_command_line_finds_the_slide_in_the_workspace(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    prediction = recorded.bundle.prediction
    with Session.open(tmp_path / "ws", author="tester") as session:
        image = session.add_image(session.add_case("P-1").id, str(recorded.slide), ImageKind.SLIDE, "slide")
        save_bundle(recorded.bundle, session.prediction_folder(prediction.id))
        session.add_prediction(image.id, prediction)
    code, facts = by_command(recorded, monkeypatch, tmp_path / "ws" / "predictions" / prediction.id)
    assert (code, facts["numbers_same"], facts["differences"]) == (0, True, [])
    with pytest.raises(FormatError, match="lies in no workspace"):
        by_command(recorded, monkeypatch, recorded.out)


def test_the_command_line_fails_where_numbers_differ(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    maps = {"dark": recorded.bundle.maps["dark"] * np.float32(0.5)}
    save_bundle(Bundle(recorded.bundle.prediction, maps), tmp_path / "altered")
    code, facts = by_command(recorded, monkeypatch, tmp_path / "altered", "--slide", recorded.slide)
    assert code == 40
    assert facts["largest_difference"] > 0.1
    assert facts["differences"][0]["what"] == "numbers"
