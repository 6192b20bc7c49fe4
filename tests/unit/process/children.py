"""Child processes for the tests: one that answers, crashes, hangs, swells or talks to stdout on request."""

from __future__ import annotations

import os
import signal
import sys
import time
from fractions import Fraction
from multiprocessing.connection import Connection

from lnm_desktop.errors import ImageDamaged
from lnm_desktop.process.channel import Message
from lnm_desktop.process.loop import Request, serve


def echo(request: Request) -> Message:
    print("this goes to the log, never into the protocol")
    return request.arguments


def fail(request: Request) -> Message:
    raise ImageDamaged("a.svs is damaged", hint="Copy it again.", name="a.svs")


def fail_oddly(request: Request) -> Message:
    raise ImageDamaged("a tile is damaged", tile=Fraction(3))


def surprise(request: Request) -> Message:
    sys.exit(3)


def crash(request: Request) -> Message:
    os.kill(os.getpid(), signal.SIGSEGV)
    return {}


def nap(request: Request) -> Message:
    time.sleep(60)
    return {}


def swell(request: Request) -> Message:
    block = bytearray(300 * 1024 * 1024)
    block[::4096] = b"x" * len(block[::4096])
    time.sleep(30)
    return {"size": len(block)}


def count(request: Request) -> Message:
    for number in range(1000):
        request.check_cancelled()
        request.emit({"number": number})
        time.sleep(0.01)
    return {}


def run(connection: Connection, log_file: str) -> None:
    operations = (echo, fail, fail_oddly, surprise, crash, nap, swell, count)
    serve(connection, log_file, {operation.__name__: operation for operation in operations})
