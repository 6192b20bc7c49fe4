"""Where torch computes: what the machine offers, and what is taken of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from lnm_desktop.errors import InferenceError

PREFERENCE = ("cuda", "mps", "cpu")
Probe = Callable[[], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class DeviceChoice:
    """The device taken and why, in words for the user."""

    device: str
    reason: str


def probe_devices() -> tuple[str, ...]:
    """The devices that torch can use here, best first; "cpu" is always the last."""
    usable = {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available}
    return tuple(device for device in PREFERENCE if device == "cpu" or usable[device]())


def arithmetic(device: str) -> str:
    """What computes on a device, as far as it decides about the last bits: a GPU's name, or the CPU's vector unit."""
    if device == "cuda":
        return torch.cuda.get_device_name()
    if device == "mps":
        return "mps"
    return torch.backends.cpu.get_cpu_capability()


def choose_device(requested: str, probe: Probe = probe_devices) -> DeviceChoice:
    """The requested device, or for "auto" the best there is: cuda, then mps, then cpu.

    Raises InferenceError for one that is unknown or absent; a run never moves to another device in silence.
    """
    if requested != "auto" and requested not in PREFERENCE:
        raise InferenceError(f"there is no device {requested!r}", hint="Choose auto, cpu, cuda or mps.")
    found = probe()
    if requested == "auto":
        best = next(device for device in PREFERENCE if device in found)
        return DeviceChoice(best, f"the best of: {', '.join(found)}")
    if requested not in found:
        raise InferenceError(
            f"the device {requested} is not usable on this machine",
            hint=f"Choose {' or '.join(found)}, or auto.",
            device=requested,
        )
    return DeviceChoice(requested, "as requested")
