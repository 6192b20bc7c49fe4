"""What a plugin's process is kept from: the network, and the files of cases.

An audit hook hears Python's own calls and cannot be taken off again. Native code can pass it by: it keeps honest
plugins from mistakes, it is no sandbox.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from pathlib import Path
from typing import Any

from lnm_desktop.log import Safe, get_logger

_log = get_logger(__name__)
CASE_FILE = "workspace.db"
CASE_MODULE = "lnm_desktop.store"
_SENDS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_ASKS = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
_TOUCHES = frozenset(
    {"open", "sqlite3.connect", "os.remove", "os.rename", "os.link", "os.symlink", "os.truncate", "os.chmod"}
)


def guard(plugin: str) -> list[str]:
    """From now on this process opens no connection to another machine and no workspace; what it was refused."""
    refused: list[str] = []

    def refuse(what: str) -> None:
        refused.append(what)
        _log.warning("plugin %s asked for %s and was refused", Safe(plugin), Safe(what))
        raise PermissionError(f"{plugin} asked for {what}; plugins have no network and no cases")

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _SENDS and not _stays_here(*arguments[:2]):
            refuse("a connection to another machine")
        elif event in _ASKS and not _is_here(arguments[0]):
            refuse("the address of another machine")
        elif event in _TOUCHES and any(map(_is_case, arguments[:2])):
            refuse("the file of a workspace")
        elif event == "import" and arguments[0].startswith(CASE_MODULE):
            refuse("the modules that read workspaces")

    sys.addaudithook(hear)
    return refused


def _stays_here(connection: Any, address: Any) -> bool:
    if getattr(connection, "family", None) not in (socket.AF_INET, socket.AF_INET6):
        return True
    # A message on a line that stands already names nobody.
    return address is None or (isinstance(address, tuple) and _is_here(address[0]))


def _is_here(host: Any) -> bool:
    try:
        return host in (None, "", "localhost") or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_case(path: Any) -> bool:
    return isinstance(path, str | bytes | os.PathLike) and Path(os.fsdecode(path)).name.startswith(CASE_FILE)
