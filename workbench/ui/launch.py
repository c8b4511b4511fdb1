"""Start the app on this machine, with its own settings, in whatever folder it is called."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from workbench.config import LIMITS, MEBIBYTE
from workbench.errors import MachineError

ADDRESS = "127.0.0.1"
MAIN = Path(__file__).resolve().parent / "main.py"

# `.streamlit/config.toml` says the same to `streamlit run app.py`; a test compares the two.
OPTIONS: Mapping[str, str | bool | int] = MappingProxyType(
    {
        "server.address": ADDRESS,
        "server.headless": True,
        "server.fileWatcherType": "none",
        "server.runOnSave": False,
        "server.maxUploadSize": LIMITS.file_bytes // MEBIBYTE,
        "browser.gatherUsageStats": False,
        "client.showErrorDetails": "none",
        "client.showErrorLinks": False,
        "client.toolbarMode": "minimal",
        # A full garbage collection after every script run holds all sessions up, by 24 ms or more.
        "runner.postScriptGC": False,
        "theme.base": "light",
        "theme.primaryColor": "#2f5d8a",
        "theme.backgroundColor": "#fcfcfb",
        "theme.secondaryBackgroundColor": "#f2f2ef",
        "theme.textColor": "#1f2328",
        "theme.borderColor": "#dcdcd6",
        "theme.linkColor": "#2f5d8a",
        "theme.baseRadius": "6px",
        "theme.baseFontSize": 15,
        "theme.showWidgetBorder": True,
    }
)


def launch(*, port: int) -> None:
    """Serve the app until it is interrupted.

    Raises MachineError when Streamlit is not installed or the port cannot be had.
    """
    if find_spec("streamlit") is None:
        raise MachineError(
            "The app needs Streamlit, which is not installed.",
            hint="pip install 'annotation-workbench[app]'",
        )
    check_port(port)
    import streamlit

    from workbench.ui.asgi import MIDDLEWARE, ROUTES

    streamlit.App(MAIN, routes=ROUTES, middleware=MIDDLEWARE).run(config={**OPTIONS, "server.port": port})


def check_port(port: int) -> None:
    """Raise MachineError unless this process may listen on the port."""
    with socket.socket() as probe:
        if os.name == "posix":  # as the server does: a port that was closed just now is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                message = (
                    f"The port {port} is in use: another program, perhaps another workbench, listens there."
                )
            else:
                message = f"The port {port} cannot be used: {error.strerror}."
            hint = (
                f"Choose another one, for example: workbench app --port {port + 1 if port < 65535 else 8501}"
            )
            raise MachineError(message, where=f"{ADDRESS}:{port}", hint=hint) from None
