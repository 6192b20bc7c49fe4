"""`lnm plugins`: what is installed."""

from __future__ import annotations

import typer

from lnm_desktop import paths
from lnm_desktop.cli.output import WORDS, print_json, print_table
from lnm_desktop.errors import PluginError

group = typer.Typer(help="Model plugins.", no_args_is_help=True)


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
    """List plugins and their models; a plugin that cannot be loaded says why.

    Example: lnm plugins list --json
    """
    from lnm_desktop.app.models import Models  # noqa: PLC0415 - keeps the start of other commands short

    with Models(paths.log_dir(), paths.cache_dir()) as models:
        states = models.plugins()
    if as_json:
        print_json(
            [
                {
                    "plugin": state.name,
                    "version": state.version,
                    "problem": state.problem,
                    "models": [description.spec.to_dict() | {"card": None} for description in state.models],
                }
                for state in states
            ]
        )
        return
    rows = [
        (
            state.name,
            state.version,
            ", ".join(item.spec.id for item in state.models) or "none",
            state.problem or "ready",
        )
        for state in states
    ]
    print_table("Plugins", ("plugin", "version", "models", "state"), rows)
