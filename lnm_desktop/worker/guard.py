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


def guard(plugin: str) -> list[str]:
    """From now on this process opens no connection to another machine and no workspace; what it was refused."""
    refused: list[str] = []

    def refuse(what: str) -> None:
        refused.append(what)
        _log.warning("plugin %s asked for %s and was refused", Safe(plugin), Safe(what))
        raise PermissionError(f"{plugin} asked for {what}; plugins have no network and no cases")

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("socket.connect", "socket.sendto") and not _stays_here(*arguments[:2]):
            refuse("a connection to another machine")
        elif (
            event == "socket.getaddrinfo"
            and arguments[0] not in (None, "", "localhost")
            and not _is_here(arguments[0])
        ):
            refuse("the address of another machine")
        elif event == "open" and _is_case(arguments[0]):
            refuse("the file of a workspace")

    sys.addaudithook(hear)
    return refused


def _stays_here(connection: Any, address: Any) -> bool:
    if getattr(connection, "family", None) not in (socket.AF_INET, socket.AF_INET6):
        return True
    return isinstance(address, tuple) and _is_here(address[0])


def _is_here(host: Any) -> bool:
    try:
        return host in (None, "", "localhost") or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_case(path: Any) -> bool:
    return isinstance(path, str | bytes | os.PathLike) and Path(os.fsdecode(path)).name.startswith(CASE_FILE)
