"""Whether a folder lies where a database is in danger: on a network drive, or in a folder that a cloud copies."""

from __future__ import annotations

from pathlib import Path

import psutil

NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "webdav", "davfs", "9p", "afs", "ceph", "lustre"}
)
NETWORK_FUSE = ("fuse.sshfs", "fuse.rclone", "fuse.davfs", "fuse.glusterfs", "fuse.s3fs", "fuse.gvfsd")
CLOUDS = {
    "dropbox": "Dropbox",
    "onedrive": "OneDrive",
    "google drive": "Google Drive",
    "googledrive": "Google Drive",
    "icloud": "iCloud",
    "mobile documents": "iCloud",
    "nextcloud": "Nextcloud",
    "owncloud": "ownCloud",
    "box sync": "Box",
    "pcloud": "pCloud",
    "seafile": "Seafile",
}


def danger_of(folder: Path) -> str:
    """Where a workspace in this folder would be in danger, as in "on a network drive (nfs4)"; empty where it is not.

    A drive is known by its file system, a cloud by the name of a folder above.
    """
    resolved = folder.resolve()
    cloud = _cloud(resolved)
    if cloud:
        return f"in a folder that {cloud} copies"
    kind = _file_system(resolved)
    if kind in NETWORK or kind.startswith(NETWORK_FUSE) or str(resolved).startswith("\\\\"):
        return f"on a network drive ({kind or 'a share'})"
    return ""


def _cloud(folder: Path) -> str:
    names = [part.casefold() for part in folder.parts]
    return next((cloud for start, cloud in CLOUDS.items() for name in names if name.startswith(start)), "")


def _file_system(folder: Path) -> str:
    """The kind of the file system that holds a folder; empty where it cannot be told."""
    mounts = [(Path(part.mountpoint), part.fstype.lower()) for part in psutil.disk_partitions(all=True)]
    around = [(point, kind) for point, kind in mounts if folder == point or point in folder.parents]
    return max(around, key=lambda mount: len(mount[0].parts), default=(folder, ""))[1]
