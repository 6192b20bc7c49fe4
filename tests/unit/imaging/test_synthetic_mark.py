"""A synthetic slide is known as such wherever it is opened."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lnm_desktop.imaging.open import open_image
from lnm_desktop.imaging.synthetic import is_synthetic, write_synthetic_slide


def test_a_synthetic_slide_says_so_and_another_does_not(tmp_path: Path) -> None:
    slide = tmp_path / "slide.tif"
    write_synthetic_slide(slide, seed=1, size_px=(1024, 768))
    with open_image(slide) as reader:
        assert is_synthetic(reader.info)
        assert not is_synthetic(replace(reader.info, properties={}))
