"""For the tests of a plugin: made-up inputs, and the rules of `lnm plugins check` in the tests' own process."""

from __future__ import annotations

from lnm_desktop.plugin.conformance import RULES, examine, save_golden
from lnm_desktop.plugin.discovery import InstalledPlugin
from lnm_desktop.plugin.findings import Finding
from lnm_desktop.plugin.host import PluginHost
from lnm_desktop.plugin.made_up import MadeUpSeries, MadeUpSlide, QuietJob, made_up_inputs, made_up_record
from lnm_desktop.plugin.model import ModelPlugin

__all__ = [
    "RULES",
    "Finding",
    "MadeUpSeries",
    "MadeUpSlide",
    "QuietJob",
    "assert_conforms",
    "load_model",
    "made_up_inputs",
    "made_up_record",
    "save_golden",
]


def assert_conforms(entry: str) -> None:
    """Hold every model of the plugin whose entry point is `entry` against every rule. Raises AssertionError."""
    broken = [item for item in examine(_host(entry)) if item.state == "failed"]
    assert not broken, "\n".join(f"{item.model}: {item.rule}: {item.words}" for item in broken)


def load_model(entry: str, model_id: str) -> ModelPlugin:
    """A model of the plugin, loaded on the processor with its verified weights. Raises PluginError."""
    return _host(entry).load_model(model_id, "cpu")


def _host(entry: str) -> PluginHost:
    return PluginHost(InstalledPlugin(entry, "0", entry, ""))
