"""The reference for authors of plugins names exactly what there is: hooks, names, kinds, rules, fields."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from lnm_desktop import api
from lnm_desktop.api import testing
from lnm_desktop.app.plugin_template import KIND_NAMES
from lnm_desktop.plugin import hookspecs
from lnm_desktop.plugin.conformance import RULES
from lnm_desktop.plugin.host import HOOKS
from lnm_desktop.plugin.kinds import KINDS
from lnm_desktop.plugin.ready_made import ARCHITECTURES, ReadyMadeCard
from lnm_desktop.plugin.spec import API_VERSION, KERNELS, OLDEST_API

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "plugin-hooks.md").read_text(encoding="utf-8")
TUTORIAL = (ROOT / "docs" / "write-a-plugin.md").read_text(encoding="utf-8")
OF_THE_PROCESS = ("imports", "no-network", "writes-inside", "no-programs", "answers")


def section(title: str, text: str = TEXT) -> str:
    """What stands below a heading, up to the next one of its rank."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


def first_cells(text: str) -> list[str]:
    """The names in the first column of the tables."""
    return re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE)


def test_every_hook_has_its_heading_and_no_other_is_named() -> None:
    signatures = [f"{name}({', '.join(inspect.signature(getattr(hookspecs, name)).parameters)})" for name in HOOKS]
    assert re.findall(r"^## (lnm_.*)$", TEXT, re.MULTILINE) == signatures


def test_every_hook_says_when_it_is_called() -> None:
    assert all("Called" in (getattr(hookspecs, name).__doc__ or "") for name in HOOKS)


def test_the_version_of_the_interface_is_true() -> None:
    assert f"`API_VERSION` = {API_VERSION}." in TEXT
    assert f"takes those from {OLDEST_API} to {API_VERSION}" in TEXT


def test_every_exported_name_is_told_and_no_other() -> None:
    own, for_tests = section("Names").split("For tests")
    assert first_cells(own) == api.__all__
    assert first_cells(for_tests) == testing.__all__


def test_every_kind_has_its_heading_and_no_other() -> None:
    headings = re.findall(r"^### ([\w-]+): (\w+)$", section("Kinds of model"), re.MULTILINE)
    assert headings == [(task, kind.__name__) for task, kind in KINDS.items()]


@pytest.mark.parametrize("task", KINDS)
def test_the_methods_that_an_author_writes_are_told(task: str) -> None:
    kind = KINDS[task]
    told = re.search(rf"^### {task}: .*?\n(.*?)(?=^###|^Something|\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert told is not None
    for name in kind.__abstractmethods__:
        arguments = list(inspect.signature(getattr(kind, name)).parameters)[1:]
        assert f"`{name}({', '.join(arguments)})`" in told[1]


def test_the_tutorial_lists_the_kinds_that_there_are() -> None:
    assert set(first_cells(section("2. From the template", TUTORIAL))) == {"--kind", *KIND_NAMES}
    for task, kind in KINDS.items():
        row = next(line for line in TUTORIAL.splitlines() if line.startswith(f"| `{task}`"))
        assert all(f"`{name}(" in row for name in kind.__abstractmethods__)


def test_every_rule_of_a_check_is_told_and_no_other() -> None:
    assert set(first_cells(section("What a check tries"))) == {*RULES, *OF_THE_PROCESS}


def test_every_rule_of_an_answer_is_told_and_no_other() -> None:
    sources = (ROOT / "lnm_desktop" / "plugin").glob("*.py")
    used = {rule for source in sources for rule in re.findall(r'refused\(\s*"([\w-]+)"', source.read_text())}
    told = section("Kinds of model").split("###")[0].split("name of the rule:")[1]
    assert set(re.findall(r"`([\w-]+)`", told)) == used


def test_every_field_of_a_card_is_told_and_no_other() -> None:
    told = section("Ready-made models")
    assert first_cells(told) == list(ReadyMadeCard.model_fields)
    assert all(f"`{name}`" in told for name in ARCHITECTURES)
    assert all(f'architecture = "{name}"' in TUTORIAL for name in ARCHITECTURES)
    optional = {name for name, item in ReadyMadeCard.model_fields.items() if not item.is_required()}
    assert set(re.findall(r"^\| `(\w+)` \|.*may be left out", told, re.MULTILINE)) == optional


def test_the_kernels_that_are_named_are_those_that_there_are() -> None:
    assert all(f"`{name}`" in TUTORIAL for name in KERNELS)
