"""A read-only file system that serves one folder, in plain Python: stop its process, and it stalls.

    python tests/faults/stalling_storage.py SOURCE MOUNT_POINT

Needs root and /dev/fuse. Speaks FUSE 7.12 (`struct` layouts: linux/fuse.h) as far as reading files takes.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
import sys
from pathlib import Path

LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE, FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR = (
    *(1, 2, 3, 14, 15, 17, 18, 25, 26, 27, 28),
    29,
)
ROOT_NODE = 1
HEADER = struct.Struct("<IIQQIIII")
DETACH = 2


class Storage:
    """The root folder is node 1, its files are 2, 3, … in the order of their names."""

    def __init__(self, source: Path) -> None:
        self._files = sorted(path for path in source.iterdir() if path.is_file())
        self._answers = {
            LOOKUP: self._lookup,
            GETATTR: lambda node, _body: struct.pack("<QII", 0, 0, 0) + self._attributes(node),
            OPEN: lambda _node, _body: struct.pack("<QII", 0, 1, 0),  # direct: nothing stays in the kernel's cache
            OPENDIR: lambda _node, _body: struct.pack("<QII", 0, 0, 0),
            READ: self._read,
            READDIR: self._list,
            STATFS: lambda _node, _body: bytes(80),
            INIT: lambda _node, _body: struct.pack("<IIIIHHI", 7, 12, 65536, 0, 0, 0, 65536),
        }

    def serve(self, device: int) -> None:
        """Answer until the mount goes."""
        while True:
            try:
                message = os.read(device, 1024 * 1024)
            except OSError:
                return
            length, operation, unique, node, *_ = HEADER.unpack_from(message)
            if operation != FORGET:
                os.write(device, self._reply(operation, unique, node, message[HEADER.size : length]))

    def _reply(self, operation: int, unique: int, node: int, body: bytes) -> bytes:
        error, data = 0, b""
        try:
            answer = self._answers.get(operation)
            if answer is not None:
                data = answer(node, body)
            elif operation not in (FLUSH, RELEASE, RELEASEDIR):
                error = -errno.ENOSYS
        except OSError as refused:  # a name that is not there, an offset that no file has
            error = -(refused.errno or errno.EIO)
        return struct.pack("<IiQ", 16 + len(data), error, unique) + data

    def _lookup(self, _node: int, body: bytes) -> bytes:
        name = os.fsdecode(body.rstrip(b"\0"))
        names = [path.name for path in self._files]
        if name not in names:
            raise FileNotFoundError(errno.ENOENT, name)
        node = names.index(name) + ROOT_NODE + 1
        return struct.pack("<QQQQII", node, 0, 0, 0, 0, 0) + self._attributes(node)

    def _attributes(self, node: int) -> bytes:
        if node == ROOT_NODE:
            return struct.pack("<6Q10I", node, 0, 0, 0, 0, 0, *[0] * 3, stat.S_IFDIR | 0o755, 2, *[0] * 5)
        facts = self._files[node - ROOT_NODE - 1].stat()
        when = int(facts.st_mtime)
        mode = stat.S_IFREG | 0o644
        return struct.pack("<6Q10I", node, facts.st_size, 0, when, when, when, *[0] * 3, mode, 1, *[0] * 5)

    def _read(self, node: int, body: bytes) -> bytes:
        _handle, offset, size = struct.unpack_from("<QQI", body)
        with self._files[node - ROOT_NODE - 1].open("rb") as file:
            file.seek(offset)
            return file.read(size)

    def _list(self, _node: int, body: bytes) -> bytes:
        _handle, offset, _size = struct.unpack_from("<QQI", body)
        entries = b""
        for index, path in enumerate(self._files[offset:], start=offset):
            name = os.fsencode(path.name)
            entry = struct.pack("<QQII", index + ROOT_NODE + 1, index + 1, len(name), stat.S_IFREG >> 12) + name
            entries += entry.ljust(-(-len(entry) // 8) * 8, b"\0")
        return entries


def main() -> int:
    """Mount, say so, serve, unmount."""
    source, point = Path(sys.argv[1]), os.fsencode(sys.argv[2])
    libc = ctypes.CDLL(None, use_errno=True)
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
    if libc.mount(b"stalling", point, b"fuse.stalling", 0, options) != 0:
        print(os.strerror(ctypes.get_errno()))
        return 1
    print("mounted", flush=True)
    try:
        Storage(source).serve(device)
    finally:
        libc.umount2(point, DETACH)
    return 0


if __name__ == "__main__":
    sys.exit(main())
