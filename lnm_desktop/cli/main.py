"""The `lnm` command: each sub-command is a thin door to a use case in `app`."""

from __future__ import annotations

import sys

import typer

from lnm_desktop import __version__, paths
from lnm_desktop.cli import (
    app,
    audit,
    backup,
    batch,
    clinical,
    compare,
    demo,
    dicom,
    doctor,
    evaluate,
    explain,
    export,
    export_region,
    history,
    inspect,
    mask,
    measurements,
    plugins,
    predict,
    report,
    stage,
    train,
    verify,
    workspace,
)
from lnm_desktop.cli.output import print_error
from lnm_desktop.errors import LnmError
from lnm_desktop.log import get_logger, start_logging

_log = get_logger(__name__)

lnm = typer.Typer(
    name="lnm",
    help="LNM Desktop on the command line. Research use only, not for diagnostic use.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
COMMANDS = (
    *(demo, app, inspect, predict, explain, verify, compare, batch, train, evaluate, report, stage),
    *(measurements, export, export_region, history, doctor),
)
for module in COMMANDS:
    lnm.command(name=module.__name__.rsplit(".", 1)[-1].replace("_", "-"))(module.command)
lnm.add_typer(plugins.group, name="plugins")
lnm.add_typer(audit.group, name="audit")
lnm.add_typer(backup.group, name="backup")
lnm.add_typer(clinical.group, name="clinical")
lnm.add_typer(workspace.group, name="workspace")
lnm.add_typer(mask.group, name="mask")
lnm.add_typer(dicom.group, name="dicom")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lnm {__version__}")
        raise typer.Exit


@lnm.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Say the version."),
) -> None:
    """LNM Desktop on the command line. Research use only, not for diagnostic use."""


def main() -> int:
    """Run one command; every error of the error table gives its own exit code, see `errors.py`."""
    start_logging(paths.log_dir() / "lnm.log")
    try:
        lnm(standalone_mode=True)
    except LnmError as error:
        print_error(error, as_json="--json" in sys.argv)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    except Exception as error:  # noqa: BLE001 - the outermost boundary of the command line
        _log.exception("a command failed")
        print_error(
            LnmError(f"{type(error).__name__}: {error}", hint="This is a defect of LNM Desktop; please report it."),
            as_json="--json" in sys.argv,
        )
        return 1
    return 0
