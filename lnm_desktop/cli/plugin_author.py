"""`lnm plugins new | check | run-tests`: for those who write plugins."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import typer

from lnm_desktop.cli.output import WORDS, print_json, print_table

JSON = typer.Option(False, "--json", help="Print one JSON object.")


def add_to(group: typer.Typer) -> None:
    """Register the commands."""
    group.command("new")(new)
    group.command("check")(check)
    group.command("run-tests")(run_tests)


def new(
    name: str = typer.Argument(help="Name of the plugin, e.g. lnm-darkness."),
    kind: str = typer.Option("tile-classification", "--kind", help="Kind of model, see docs/plugin-hooks.md."),
    out: Path = typer.Option(Path(), "--out", help="Folder in which the plugin's folder is made."),
    as_json: bool = JSON,
) -> None:
    """Begin a plugin: sources, tests and a model card that pass every check.

    Example: lnm plugins new lnm-darkness --out .
    """
    from lnm_desktop.app.plugin_template import new_plugin  # noqa: PLC0415 - keeps the start of other commands short

    files = new_plugin(name, kind, out)
    if as_json:
        print_json({"plugin": name, "kind": kind, "files": [str(file) for file in files]})
        return
    for file in files:
        WORDS.print(str(file), markup=False)
    WORDS.print(f"Next: lnm plugins check {out / name}", markup=False)


def check(
    target: str = typer.Argument(help="Folder of a plugin's sources, or the name of an installed one."),
    as_json: bool = JSON,
) -> None:
    """Try every rule that a plugin must keep, in a process of its own.

    Example: lnm plugins check lnm-darkness --json
    """
    from lnm_desktop.app.plugin_check import check as examine  # noqa: PLC0415 - as above
    from lnm_desktop.errors import PluginError  # noqa: PLC0415

    report = examine(target)
    if as_json:
        found = [asdict(item) for item in report.findings]
        print_json({"plugin": report.plugin, "version": report.version, "passed": report.passed, "checks": found})
    else:
        rows = [(item.model, item.rule, item.state, item.words) for item in report.findings]
        print_table(f"{report.plugin} {report.version}", ("model", "rule", "state", "why"), rows)
    raise typer.Exit(0 if report.passed else PluginError.exit_code)


def run_tests(folder: Path = typer.Argument(help="Folder of a plugin's sources.")) -> None:
    """Run a plugin's own tests with pytest; the exit code is that of pytest.

    Example: lnm plugins run-tests lnm-darkness
    """
    from lnm_desktop.app.plugin_check import run_tests as run  # noqa: PLC0415 - as above

    raise typer.Exit(run(folder))
