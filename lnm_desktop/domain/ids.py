"""Identifiers: random, so that they carry nothing about a patient."""

from __future__ import annotations

import uuid
from typing import NewType

CaseId = NewType("CaseId", str)
ImageId = NewType("ImageId", str)
AnnotationId = NewType("AnnotationId", str)
RunId = NewType("RunId", str)
BookmarkId = NewType("BookmarkId", str)
ReadingId = NewType("ReadingId", str)


def new_id() -> str:
    """A fresh random identifier of 32 hexadecimal digits."""
    return uuid.uuid4().hex
