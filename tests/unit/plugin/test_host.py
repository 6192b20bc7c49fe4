"""What a plugin may register, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lnm_desktop.errors import PluginError
from lnm_desktop.plugin.host import HOOKS, ModelRegistry
from lnm_desktop.plugin.spec import ModelSpec

SPEC = ModelSpec("m", "1", "M", "tile-classification", ("a", "b"), 0.5, 96)


def test_a_model_is_registered_once() -> None:
    registry = ModelRegistry()
    registry.register(SPEC, "package.model:Class")
    assert registry.models["m"].entry == "package.model:Class"
    with pytest.raises(PluginError, match="'m' twice"):
        registry.register(SPEC, "package.model:Other")


@pytest.mark.parametrize(
    ("spec", "entry", "words"),
    [
        (replace(SPEC, api=2), "p.m:C", "version 2 of the plugin interface"),
        (SPEC, "p.m.C", "not as 'package.module:Class'"),
        ({"id": "m"}, "p.m:C", "dict where a ModelSpec is needed"),
    ],
)
def test_what_cannot_be_accepted_is_named(spec: ModelSpec, entry: str, words: str) -> None:
    with pytest.raises(PluginError, match=words):
        ModelRegistry().register(spec, entry)


def test_the_hooks_are_those_of_the_specification() -> None:
    assert HOOKS == ("lnm_register_models",)


def test_a_spec_crosses_a_process_border_whole() -> None:
    assert ModelSpec.from_dict({**SPEC.to_dict(), "newer": 1}) == SPEC
