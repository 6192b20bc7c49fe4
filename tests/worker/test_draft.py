"""Drafts of runs survive what kills a worker, and are of use to the same run alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lnm_desktop.worker.draft import RunDraft

FACTS = {"device": "cpu", "cells": [4, 5]}
CELLS = np.array([[0, 1], [3, 4]], np.intp)
VALUES = np.array([0.25, 0.75], np.float32)


def a_draft(file: Path, facts: dict[str, object] = FACTS) -> RunDraft:
    return RunDraft(file, facts)


def kept(file: Path) -> list[float]:
    draft = a_draft(file)
    values = draft.finished()[1].tolist()
    draft.close()
    return values


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "runs" / "a.draft"
    draft = a_draft(file)
    draft.keep(CELLS, VALUES)
    draft.keep(CELLS + 1, VALUES / 2)
    draft.close()
    return file


def test_what_was_kept_is_given_back(file: Path) -> None:
    draft = a_draft(file)
    cells, values = draft.finished()
    assert np.array_equal(cells, np.concatenate([CELLS, CELLS + 1]))
    assert values.tolist() == [0.25, 0.75, 0.125, 0.375]
    draft.keep(CELLS, VALUES)
    draft.close()
    assert len(kept(file)) == 6


def test_nothing_is_held_back_in_memory(file: Path) -> None:
    draft = a_draft(file)
    draft.keep(CELLS, VALUES)
    assert len(kept(file)) == 6
    draft.close()


def test_a_torn_record_is_dropped_and_the_file_goes_on(file: Path) -> None:
    whole = file.read_bytes()
    for cut in range(1, 32):
        file.write_bytes(whole[:-cut])
        assert kept(file) == [0.25, 0.75]
    draft = a_draft(file)
    draft.keep(CELLS, VALUES)
    draft.close()
    assert kept(file) == [0.25, 0.75, 0.25, 0.75]


def test_a_flipped_bit_ends_the_file_there(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    assert kept(file) == [0.25, 0.75]


def test_a_run_by_other_means_begins_anew(file: Path) -> None:
    draft = a_draft(file, {"device": "cuda", "cells": [4, 5]})
    assert len(draft.finished()[1]) == 0
    draft.close()
    assert kept(file) == []


def test_a_folder_that_cannot_be_made_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    draft = a_draft(tmp_path / "file" / "a.draft")
    draft.keep(CELLS, VALUES)
    assert len(draft.finished()[1]) == 0
    draft.close()
