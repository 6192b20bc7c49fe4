"""The hooks that a plugin may implement. All are called in a worker process, one plugin at a time."""

from __future__ import annotations

from typing import Protocol

import pluggy

from lnm_desktop.plugin.spec import ModelSpec

PROJECT = "lnm_desktop"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class RegisterModel(Protocol):
    """Given to `lnm_register_models`; `entry` is "package.module:Class" and is imported only when it runs."""

    def __call__(self, spec: ModelSpec, entry: str) -> None: ...


@hookspec
def lnm_register_models(register: RegisterModel) -> None:
    """Called once in a worker when the plugin is described or run; register each model's spec and class path."""
