"""Row T12: network drives and folders that a cloud copies are known; there one file holds everything."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import apsw
import pytest

from lnm_desktop.app.session import Session
from lnm_desktop.store import folder_kind
from lnm_desktop.store.folder_kind import danger_of
from lnm_desktop.store.workspace import FILE_NAME


def mounted(monkeypatch: pytest.MonkeyPatch, **kinds: str) -> None:
    """Made-up mounts: no network drive is at hand."""
    parts = [SimpleNamespace(mountpoint=point, fstype=kind) for point, kind in kinds.items()]
    monkeypatch.setattr(folder_kind.psutil, "disk_partitions", lambda all: parts)


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "smb3", "fuse.sshfs", "fuse.rclone", "NFS"])
def test_t12_a_network_drive_is_known_by_its_file_system(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    mounted(monkeypatch, **{"/": "ext4", str(tmp_path): kind, str(tmp_path / "local"): "ext4"})
    assert danger_of(tmp_path / "ws") == f"on a network drive ({kind.lower()})"
    assert danger_of(tmp_path / "local" / "ws") == ""


@pytest.mark.parametrize(
    ("name", "cloud"),
    [("Dropbox", "Dropbox"), ("OneDrive - Clinic", "OneDrive"), ("Google Drive", "Google Drive"), ("Documents", "")],
)
def test_t12_a_cloud_is_known_by_its_folder(tmp_path: Path, name: str, cloud: str) -> None:
    assert danger_of(tmp_path / name / "ws") == (f"in a folder that {cloud} copies" if cloud else "")


def test_t12_there_no_log_is_kept_beside_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "Dropbox" / "ws"
    with Session.open(folder, author="test") as session:
        session.add_case("P-1")
        assert session.danger == "in a folder that Dropbox copies"
        assert not list(folder.glob("*-wal"))
    assert _mode(folder) == "delete"


def test_a_workspace_that_was_moved_out_of_there_has_its_log_again(tmp_path: Path) -> None:
    folder = tmp_path / "Dropbox" / "ws"
    Session.open(folder, author="test").close()
    moved = folder.rename(tmp_path / "ws")
    with Session.open(moved, author="test") as session:
        session.add_case("P-1")
        assert session.verify().ok and session.danger == ""
    assert _mode(moved) == "wal"


def _mode(folder: Path) -> str:
    connection = apsw.Connection(str(folder / FILE_NAME))
    try:
        return str(connection.execute("PRAGMA journal_mode").get)
    finally:
        connection.close()
