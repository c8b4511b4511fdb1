"""Files that a command is to write: looked at before any work begins."""

from __future__ import annotations

import os
from pathlib import Path

from workbench.errors import InputError


def check_outputs(*paths: Path | None) -> None:
    """Raise InputError for the first path at which no file can be written; None stands for no file."""
    for path in paths:
        if path is not None:
            _check_output(path)


def check_picture(path: Path | None, endings: tuple[str, ...]) -> None:
    """Raise InputError unless the picture's name ends as its writer can draw it, or can be written."""
    if path is not None and path.suffix.lower() not in endings:
        raise InputError(
            f"A picture cannot be written as '{path.suffix or path.name}'.",
            where=str(path),
            hint=f"Let its name end in {' or '.join(endings)}.",
        )
    check_outputs(path)


def _check_output(path: Path) -> None:
    folder = path.parent
    try:
        if not folder.is_dir():
            raise InputError(
                f"There is no folder '{folder}'.",
                where=str(path),
                hint="Make it first, or name another file.",
            )
        if path.exists() and not path.is_file():
            raise InputError("A folder or device is there already; name a file.", where=str(path))
    except OSError as error:
        raise InputError(f"No file can have this name: {error.strerror}.", where=str(path)) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(
            f"Nothing can be written into the folder '{folder}'.",
            where=str(path),
            hint="Look at its owner and permissions, or name another folder.",
        )
