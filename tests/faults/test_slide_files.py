"""Rows S01–S05 and S21–S23: what is no image, is not there, or may not be read is refused in words of its own."""

from __future__ import annotations

import multiprocessing
import os
import socket
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest

from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.errors import ImageDamaged, ImageError, ImageNotFound, ImageUnsupported, from_dict
from lnm_desktop.imaging.open import open_image
from lnm_desktop.imaging.preflight import COPY_AGAIN
from tests.faults.slides import a_small_slide, cut
from tests.faults.trial import NAME, Trial, check_words

LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 12\n"
TEXTS = {
    "html": ("<!DOCTYPE html><html>", "looks like a web page"),
    "lfs": (LFS, "looks like a Git LFS pointer"),
    "xml": ("<?xml version='1.0'?>", "looks like an XML text"),
    "json": ('{"type": "FeatureCollection"}', "looks like a JSON text"),
    "text": ("hello\nworld\n", "looks like text"),
}


def test_s01_empty_file(trial: Trial) -> None:
    path = trial.path()
    path.touch()
    error = trial.refused(path, ImageDamaged, r"is an empty file \(0 bytes\)")
    assert error.hint == COPY_AGAIN


@pytest.mark.parametrize("kind", TEXTS)
def test_s02_text_named_like_a_slide(trial: Trial, kind: str) -> None:
    text, words = TEXTS[kind]
    path = trial.path()
    path.write_text(text)
    trial.refused(path, ImageUnsupported, f"is not an image; it {words}")


def test_s03_missing_file(trial: Trial) -> None:
    trial.refused(trial.path(), ImageNotFound, "was not found")


def test_s03_moved_while_open_is_told_and_comes_back(trial: Trial) -> None:
    """What OpenSlide has opened already may still be read on POSIX; a fresh opening must say what is wrong."""
    path = a_small_slide(trial.path(".tif"))
    moved = path.rename(trial.path("-moved.tif"))
    trial.refused(path, ImageNotFound, "was not found")
    moved.rename(path)
    with trial.opened(path) as slide:
        assert slide.info.size.width == 512


def _pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


def _socket(path: Path) -> Path:
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket may have 108 bytes only
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
    finally:
        os.chdir(here)
    return path


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


SPECIAL: dict[str, tuple[Callable[[Path], Path], str]] = {
    "pipe": (_pipe, "is a named pipe"),
    "folder": (_folder, "is a folder without DICOM files"),
    "device": (lambda _: Path("/dev/zero"), "is a device"),
    "socket": (_socket, "is a socket"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="pipes, devices and sockets are no files there")
@pytest.mark.parametrize("kind", SPECIAL)
def test_s04_special_file_is_refused_without_opening_it(trial: Trial, kind: str) -> None:
    """Opening a pipe or reading /dev/zero would never end."""
    make, words = SPECIAL[kind]
    trial.refused(make(trial.path()), ImageUnsupported, words)


@pytest.mark.parametrize("percent", [10, 50, 90])
def test_s05_truncated_generated_slide(trial: Trial, percent: int) -> None:
    path = cut(a_small_slide(trial.path(".tif")), percent / 100)
    error = trial.refused(path, ImageDamaged, r"is truncated: needs \d+ bytes, has \d+")
    assert error.facts["has_bytes"] == path.stat().st_size < error.facts["needs_bytes"]


@pytest.mark.parametrize("percent", [10, 50, 90])
def test_s05_truncated_aperio_slide(trial: Trial, shared_data: Path, percent: int) -> None:
    path = trial.path()
    path.write_bytes((shared_data / "slides" / "aperio_svs" / "CMU-1-Small-Region.svs").read_bytes())
    cut(path, percent / 100)
    trial.refused(path, ImageDamaged, rf"is truncated: needs \d+ bytes, has {path.stat().st_size}")


def _open_as_nobody(connection: Connection, path: str) -> None:
    """Body of a child: what a person without the right to read is told."""
    from lnm_desktop.imaging.readers import openslide  # noqa: F401 - nobody may not read the program's own folder

    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    try:
        open_image(Path(path))
    except ImageError as error:
        connection.send(error.to_dict())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("closed", ["file", "folder"])
def test_s21_no_permission(trial: Trial, closed: str) -> None:
    path = a_small_slide(trial.path(".tif"))
    shut = path if closed == "file" else path.parent
    for folder in list(path.parents)[:3]:
        folder.chmod(0o755)
    shut.chmod(0)
    error = from_dict(_as_another_user(path))
    assert isinstance(error, ImageNotFound)
    assert "no permission to read it" in error.message
    check_words(error, path)


def _as_another_user(path: Path) -> dict[str, object]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_open_as_nobody, args=(theirs, str(path)))
    child.start()
    assert ours.poll(60)
    answer = ours.recv()
    child.join(20)
    return answer


def test_s21_no_permission_as_the_system_reports_it(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for whoever cannot change the user."""
    path = a_small_slide(trial.path(".tif"))

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ImageNotFound, match="no permission to read it") as caught:
        open_image(path)
    monkeypatch.undo()
    check_words(caught.value, path)


NAMES = {
    "unicode": f"{NAME} Lymphknoten äßłøþ 淋巴结 عقدة.tif",
    "emoji": f"{NAME} 🔬🧫.tif",
    "newline": f"{NAME}\nsecond line.tif",
    "quotes": f"{NAME} \"a\" 'b' $HOME `c` %s {{0}} \\d.tif",
    "trailing dot": f"{NAME}.tif.",
    "trailing space": f"{NAME}.tif ",
    "not text": os.fsdecode(f"{NAME} ".encode() + b"\xff\xfe.tif"),
    "255 bytes": f"{NAME} ".ljust(251, "x") + ".tif",
    "leading dash": f"-rf {NAME}.tif",
}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not let such names be made")
@pytest.mark.parametrize("kind", NAMES)
def test_s22_strange_name_opens(trial: Trial, kind: str) -> None:
    path = a_small_slide(trial.folder / NAMES[kind])
    with trial.opened(path) as slide, open_image(path) as here:
        request = RegionRequest(slide.info.region, 4)
        assert np.array_equal(slide.read_region(request), here.read_region(request))


def test_s22_name_longer_than_the_system_allows(trial: Trial) -> None:
    trial.refused(trial.folder / (f"{NAME}-".ljust(300, "x") + ".svs"), ImageNotFound, "cannot be reached")


def test_s22_deep_path_of_more_than_260_characters_opens(trial: Trial) -> None:
    folder = trial.folder
    for level in range(6):
        folder /= f"{level}-".ljust(60, "d")
    folder.mkdir(parents=True)
    with trial.opened(a_small_slide(folder / f"{NAME}.tif")) as slide:
        assert slide.info.levels[0].size.width == 512


@pytest.mark.parametrize("length", [1, 2])
def test_s23_loop_of_links(trial: Trial, length: int) -> None:
    links = [trial.path(f"-{number}.svs") for number in range(length)]
    for number, link in enumerate(links):
        link.symlink_to(links[(number + 1) % length])
    trial.refused(links[0], ImageNotFound, "cannot be reached")


def test_s23_link_to_nowhere(trial: Trial) -> None:
    link = trial.path()
    link.symlink_to(trial.folder / "gone.svs")
    trial.refused(link, ImageNotFound, "was not found")


@pytest.mark.parametrize("name", ["CON", "con.svs", "NUL.tif", "COM1.svs", "LPT9", "aux.ndpi", "CONIN$"])
def test_s23_reserved_name(trial: Trial, name: str) -> None:
    """Windows opens a device under such a name, wherever it lies."""
    trial.refused(a_small_slide(trial.folder / name), ImageUnsupported, "name that Windows keeps for a device")
