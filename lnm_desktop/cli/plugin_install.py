"""`lnm plugins install | remove | enable | disable | rollback | bundle | keys`: packages come and go."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from lnm_desktop import paths
from lnm_desktop.cli.output import WORDS, print_json, print_table

if TYPE_CHECKING:
    from lnm_desktop.app.plugin_installing import Plan, PluginInstaller

NAME = typer.Argument(help="Name of the plugin, as `lnm plugins list` shows it.")
JSON = typer.Option(False, "--json", help="Print one JSON object.")
keys = typer.Typer(help="Keys with which publishers sign their bundles.", no_args_is_help=True)


def add_to(group: typer.Typer) -> None:
    """Register the commands."""
    for command in (install, remove, enable, disable, rollback, bundle):
        group.command()(command)
    group.add_typer(keys, name="keys")


def install(
    source: str = typer.Argument(help="A wheel, a folder of wheels or sources, a bundle, or a name (--index)."),
    index: bool = typer.Option(False, "--index", help="Let pip download what is missing; without it nothing is."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Show what would change, and change nothing."),
    yes: bool = typer.Option(False, "--yes", help="Agree without being asked."),
    trust_as: str = typer.Option("", "--trust-as", help="Trust the publisher's key from now on, under this name."),
    as_json: bool = JSON,
) -> None:
    """Install a plugin, or another version of one. Everything is checked before anything is unpacked.

    Example: lnm plugins install lnm-darkness.lnmplugin --dry-run
    """
    from lnm_desktop.app.plugin_installing import CONSENT  # noqa: PLC0415 - keeps the start of other commands short

    installer = _installer()
    plan = installer.plan(source, index=index)
    if not as_json:
        _show(plan)
    if dry_run or plan.problems:
        _end(plan, as_json, installed=False)
        return
    if not yes and not typer.confirm(f"{CONSENT} Install?", err=True):
        raise typer.Exit(1)
    plan = installer.install(source, index=index, trust_as=trust_as, consent=CONSENT)
    _end(plan, as_json, installed=True)


def remove(name: str = NAME, as_json: bool = JSON) -> None:
    """Remove a plugin to its last file; its results stay readable.

    Example: lnm plugins remove lnm-darkness
    """
    record = _installer().remove(name)
    _tell({"removed": name, "versions": [item.version for item in record.versions]}, f"{name} is removed.", as_json)


def enable(name: str = NAME, as_json: bool = JSON) -> None:
    """Use a plugin again that was disabled.

    Example: lnm plugins enable lnm-darkness
    """
    _installer().enable(name, enabled=True)
    _tell({"enabled": name}, f"{name} is enabled.", as_json)


def disable(name: str = NAME, as_json: bool = JSON) -> None:
    """Leave a plugin unused, without removing it.

    Example: lnm plugins disable lnm-darkness
    """
    _installer().enable(name, enabled=False)
    _tell({"disabled": name}, f"{name} is disabled.", as_json)


def rollback(name: str = NAME, as_json: bool = JSON) -> None:
    """Go back to the version of a plugin that was used before.

    Example: lnm plugins rollback lnm-darkness
    """
    version = _installer().roll_back(name)
    _tell({"plugin": name, "version": version.version}, f"{name} is at {version.version} again.", as_json)


def bundle(
    sources: list[Path] = typer.Argument(help="The plugin's sources or wheel, and wheels that it needs."),
    out: Path = typer.Option(..., "--out", help="The bundle to write, e.g. lnm-darkness.lnmplugin."),
    sign: Path | None = typer.Option(None, "--sign", help="Private key to sign it with, see `lnm plugins keys new`."),
    index: bool = typer.Option(False, "--index", help="Let pip download what it needs and the application has not."),
    as_json: bool = JSON,
) -> None:
    """Make an offline bundle: one file from which the plugin can be installed without a network.

    Example: lnm plugins bundle lnm-darkness --out lnm-darkness.lnmplugin
    """
    from lnm_desktop.app.plugin_bundling import make_bundle  # noqa: PLC0415 - keeps the start of other commands short

    wheels = make_bundle(sources, out, sign, index=index)
    named = [f"{wheel.name} {wheel.version}" for wheel in wheels]
    _tell(
        {"bundle": str(out), "wheels": named, "signed": sign is not None}, f"{out} holds {', '.join(named)}.", as_json
    )


@keys.command("new")
def new_key(file: Path = typer.Argument(help="Where to keep the private key."), as_json: bool = JSON) -> None:
    """Make a key pair; give the public part to those who are to trust your bundles.

    Example: lnm plugins keys new publisher.pem
    """
    from lnm_desktop.plugin.signing import new_key  # noqa: PLC0415 - as above

    public = new_key(file)
    _tell({"private": str(file), "public": public}, f"Public key: {public}", as_json)


def _installer() -> PluginInstaller:
    from lnm_desktop.app.plugin_installing import PluginInstaller  # noqa: PLC0415 - as above
    from lnm_desktop.plugin.installation import Installation  # noqa: PLC0415

    return PluginInstaller(Installation(paths.data_dir() / "plugins"), paths.log_dir(), paths.cache_dir())


def _show(plan: Plan) -> None:
    before = f" (in use: {plan.before})" if plan.before else ""
    WORDS.print(f"{plan.name} {plan.version}{before}, {plan.publisher or 'no publisher named'}", markup=False)
    WORDS.print(f"Origin: {plan.signature}. Licence: {plan.licence or 'none stated'}", markup=False)
    rows = [
        (
            change.name,
            change.version,
            f"{change.role} {change.instead_of}".strip(),
            f"{change.size_bytes / 1e6:.1f} MB",
        )
        for change in plan.changes
    ]
    print_table("What is installed", ("package", "version", "as", "size"), rows)
    for problem in plan.problems:
        WORDS.print(f"Problem: {problem}", markup=False)


def _end(plan: Plan, as_json: bool, *, installed: bool) -> None:
    from lnm_desktop.errors import PluginError  # noqa: PLC0415 - as above

    if as_json:
        print_json({**asdict(plan), "signature": plan.signature, "installed": installed})
    elif installed:
        WORDS.print(f"{plan.name} {plan.version} is installed.", markup=False)
    if plan.problems:
        raise typer.Exit(PluginError.exit_code)


def _tell(facts: dict[str, Any], words: str, as_json: bool) -> None:
    if as_json:
        print_json(facts)
    else:
        WORDS.print(words, markup=False)
