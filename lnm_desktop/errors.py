"""Every error that a user may read passes through here.

    LnmError
    ├── ImageError
    │   ├── ImageNotFound       nothing readable at that path
    │   ├── ImageUnsupported    not an image that any reader knows
    │   ├── ImageDamaged        truncated, inconsistent or undecodable
    │   ├── ImageTimeout        the pixel server missed a deadline or died
    │   └── CalibrationMissing  a length was asked of an image without a pixel size
    ├── FormatError             a file of annotations, tables or predictions cannot be read or written
    ├── ClinicalError           a clinical value is outside its field's definition
    ├── PluginError             a plugin cannot be found, loaded or trusted
    │   └── WeightsError        weights are missing, altered or of the wrong shape
    ├── InferenceError          a run failed
    │   └── Cancelled           a run was stopped on request
    ├── StoreError              the workspace cannot be read or written
    │   └── JournalDamaged      the journal of the workspace is not as it was written
    └── EnvironmentFault        something that the machine lacks

A message says what happened and to which file; the hint says what to do about it.
"""

from __future__ import annotations

from typing import Any


class LnmError(Exception):
    """An expected failure with words for the user. `facts` are JSON values for logs and tests."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.facts = facts

    def to_dict(self) -> dict[str, Any]:
        """The form in which an error crosses a process border (never pickled)."""
        return {"error": type(self).__name__, "message": self.message, "hint": self.hint, "facts": self.facts}


class ImageError(LnmError):
    """An image cannot be shown."""

    exit_code = 10


class ImageNotFound(ImageError):
    """Nothing readable at that path."""

    exit_code = 11


class ImageUnsupported(ImageError):
    """Not an image that any reader knows."""

    exit_code = 12


class ImageDamaged(ImageError):
    """Truncated, inconsistent or undecodable."""

    exit_code = 13


class ImageTimeout(ImageError):
    """The pixel server missed a deadline or died."""

    exit_code = 14


class CalibrationMissing(ImageError):
    """A length was asked of an image without a pixel size."""

    exit_code = 15


class FormatError(LnmError):
    """A file of annotations, tables or predictions cannot be read or written."""

    exit_code = 20


class ClinicalError(LnmError):
    """A clinical value is outside its field's definition."""

    exit_code = 25


class PluginError(LnmError):
    """A plugin cannot be found, loaded or trusted."""

    exit_code = 30


class WeightsError(PluginError):
    """Weights are missing, altered or of the wrong shape."""

    exit_code = 31


class InferenceError(LnmError):
    """A run failed."""

    exit_code = 40


class Cancelled(InferenceError):
    """A run was stopped on request."""

    exit_code = 41


class StoreError(LnmError):
    """The workspace cannot be read or written."""

    exit_code = 50


class JournalDamaged(StoreError):
    """The journal of the workspace is not as it was written."""

    exit_code = 51


class EnvironmentFault(LnmError):
    """Something that the machine lacks."""

    exit_code = 60


def _tree(root: type[LnmError]) -> dict[str, type[LnmError]]:
    """All error classes by name, the root included."""
    found = {root.__name__: root}
    for child in root.__subclasses__():
        found |= _tree(child)
    return found


def from_dict(data: dict[str, Any]) -> LnmError:
    """Rebuild an error that crossed a process border; an unknown class becomes a plain `LnmError`."""
    cls = _tree(LnmError).get(str(data.get("error")), LnmError)
    facts = {str(key): value for key, value in dict(data.get("facts") or {}).items()}
    return cls(str(data.get("message", "unknown error")), hint=str(data.get("hint", "")), **facts)
