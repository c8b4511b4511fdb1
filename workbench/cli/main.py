"""The command `workbench`: its verbs are the use cases."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import typer

from workbench import __version__
from workbench.cli import (
    accounts,
    advising,
    analysing,
    control,
    data,
    history,
    house,
    jobs,
    label_studio,
    labels,
    loop,
    models,
    show,
    strategies,
)
from workbench.errors import MachineError, WorkbenchError

app = typer.Typer(
    name="workbench",
    help="Annotation and active learning for text: label what teaches most, ship a small ONNX model.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help needs no rich: it starts in half the time
)
COMMANDS: dict[str, Callable[..., None]] = {
    "init": data.init,
    "import": data.import_file,
    "export-data": data.export_data,
    "labels": labels.labels,
    "analyse": analysing.analyse,
    "embed": loop.embed,
    "propose": loop.propose,
    "train": loop.train,
    "round": loop.round_,
    "evaluate": loop.evaluate,
    "control": control.control,
    "advise": advising.advise,
    "simulate": loop.simulate,
    "strategies": strategies.strategies,
    "replay": history.replay,
    "distil": models.distil,
    "export": models.export,
    "predict": models.predict,
    "worker": house.worker,
    "jobs": jobs.jobs,
    "doctor": house.doctor,
    "backup": house.backup,
    "restore": house.restore,
    "app": show.app,
    "demo": show.demo,
}
for command_name, command in COMMANDS.items():
    app.command(command_name)(command)
app.add_typer(label_studio.app)
app.add_typer(accounts.app)


@app.command("version")
def version() -> None:
    """Print the version."""
    print(__version__)


def main() -> None:
    """Run the command line; errors that a person can mend are one message, without a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app()
    except WorkbenchError as error:
        print(f"Error: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except BrokenPipeError:
        # Whoever read our output (| head) has seen enough; Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except OSError as error:
        # The disk, a permission or a name of the system: what and where stand in the error.
        print(f"Error: {error}", file=sys.stderr)
        raise SystemExit(MachineError.exit_code) from None
    except KeyboardInterrupt:
        print("Interrupted; what was acknowledged is kept.", file=sys.stderr)
        raise SystemExit(130) from None
