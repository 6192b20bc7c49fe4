#!/usr/bin/env python3
"""Writes `resources/third-party-notices.txt`: every distribution that the application needs, with its licence.

.venv/bin/python installer/notices.py
"""

from __future__ import annotations

from email.message import Message
from importlib import metadata
from pathlib import Path
from typing import cast

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TARGET = Path(__file__).resolve().parent.parent / "resources" / "third-party-notices.txt"
HEAD = """LNM Desktop is licensed under Apache-2.0. It is installed together with the distributions below, each
under its own licence. Their full texts travel inside the distributions.

"""


def main() -> None:
    """Walk the requirements from lnm-desktop and write one line for each."""
    names = sorted(closure("lnm-desktop") - {"lnm-desktop"})
    TARGET.write_text(HEAD + "".join(f"{line(name)}\n" for name in names), encoding="utf-8")
    print(f"{len(names)} distributions in {TARGET.name}")


def closure(name: str) -> set[str]:
    """The distribution and all that it requires here, extras aside."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        current = canonicalize_name(waiting.pop())
        if current not in found and installed(current):
            found.add(current)
            requirements = map(Requirement, metadata.requires(current) or [])
            waiting += [item.name for item in requirements if not item.marker or item.marker.evaluate({"extra": ""})]
    return found


def installed(name: str) -> bool:
    """False for what another platform needs."""
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def line(name: str) -> str:
    """Name, version and licence as the distribution states it."""
    data = cast(Message, metadata.metadata(name))
    classifiers = [
        text.split(" :: ")[-1] for text in data.get_all("Classifier") or [] if text.startswith("License ::")
    ]
    stated = (
        data.get("License-Expression")
        or ", ".join(classifiers)
        or (data.get("License") or "not stated").split("\n")[0]
    )
    return f"{name} {data['Version']}: {stated}"


if __name__ == "__main__":
    main()
