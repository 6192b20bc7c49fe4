"""`lnm plugins`: what is installed."""

from __future__ import annotations

import typer

from lnm_desktop import paths
from lnm_desktop.cli import plugin_author, plugin_install
from lnm_desktop.cli.output import WORDS, print_json, print_table
from lnm_desktop.errors import PluginError

group = typer.Typer(help="Model plugins.", no_args_is_help=True)


plugin_install.add_to(group)
plugin_author.add_to(group)


@group.callback()
def _group() -> None:
    """Model plugins."""


@group.command()
def retry(name: str = typer.Argument(help="Name of the plugin, as `lnm plugins list` shows it.")) -> None:
    """Ask a plugin again that had a problem.

    Example: lnm plugins retry lnm-tumor-tiles
    """
    from lnm_desktop.app.models import Models  # noqa: PLC0415 - keeps the start of other commands short

    with Models(paths.log_dir(), paths.cache_dir()) as models:
        state = models.retry(name)
    WORDS.print(f"{state.name} {state.version}: {state.problem or 'ready'}", markup=False)
    raise typer.Exit(PluginError.exit_code if state.problem else 0)


@group.command("list")
def list_plugins(as_json: bool = typer.Option(False, "--json", help="Print one JSON object.")) -> None:
    """List plugins and their models, where they come from, and what is wrong with those that cannot be used.

    Example: lnm plugins list --json
    """
    from lnm_desktop.app.models import Models  # noqa: PLC0415 - keeps the start of other commands short
    from lnm_desktop.app.plugin_overview import overview  # noqa: PLC0415

    with Models(paths.log_dir(), paths.cache_dir()) as models:
        entries = overview(models.plugins())
    if as_json:
        print_json([entry.to_dict() for entry in entries])
        return
    rows = [
        (
            item.name,
            item.version,
            ", ".join(model.spec.id for model in item.models) or "none",
            item.origin,
            item.health,
        )
        for item in entries
    ]
    print_table("Plugins", ("plugin", "version", "models", "origin", "state"), rows)
