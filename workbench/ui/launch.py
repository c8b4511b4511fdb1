"""Start the app on this machine, with its own settings, in whatever folder it is called."""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from workbench.config import LIMITS, MEBIBYTE, Home
from workbench.errors import InputError, MachineError, WorkbenchError
from workbench.usecases.manage_accounts import list_accounts

ADDRESS = "127.0.0.1"
MAIN = Path(__file__).resolve().parent / "main.py"

# `.streamlit/config.toml` says the same to `streamlit run app.py`; a test compares the two.
OPTIONS: Mapping[str, str | bool | int | list[str]] = MappingProxyType(
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
        "theme.baseRadius": "6px",
        "theme.baseFontSize": 15,
        "theme.showWidgetBorder": True,
        # Which of the two a visitor sees is the choice of their system: the minimal toolbar has no menu.
        "theme.light.primaryColor": "#2f5d8a",
        "theme.light.backgroundColor": "#fcfcfb",
        "theme.light.secondaryBackgroundColor": "#f2f2ef",
        "theme.light.textColor": "#1f2328",
        "theme.light.borderColor": "#dcdcd6",
        "theme.light.linkColor": "#2f5d8a",
        "theme.light.chartCategoricalColors": [
            "#2f5d8a",
            "#b4541a",
            "#2c7a4b",
            "#9b3b78",
            "#7a6200",
            "#5b53b5",
        ],
        "theme.dark.primaryColor": "#86b3de",
        "theme.dark.backgroundColor": "#17191c",
        "theme.dark.secondaryBackgroundColor": "#23262b",
        "theme.dark.textColor": "#e4e6e9",
        "theme.dark.borderColor": "#3d4249",
        "theme.dark.linkColor": "#86b3de",
        "theme.dark.chartCategoricalColors": [
            "#86b3de",
            "#e8a06a",
            "#7cc79a",
            "#dd93bf",
            "#cdb45a",
            "#aba5ee",
        ],
    }
)


def launch(*, port: int, address: str = ADDRESS) -> None:
    """Serve the app until it is interrupted.

    Raises MachineError when Streamlit is not installed or the port cannot be had, and InputError when
    others could reach the address and there are no accounts.
    """
    if find_spec("streamlit") is None:
        raise MachineError(
            "The app needs Streamlit, which is not installed.",
            hint="pip install 'annotation-workbench[app]'",
        )
    check_address(address)
    check_port(port, address)
    import streamlit

    from workbench.ui.asgi import MIDDLEWARE, ROUTES

    config = {**OPTIONS, "server.port": port, "server.address": address}
    streamlit.App(MAIN, routes=ROUTES, middleware=MIDDLEWARE).run(config=config)


def check_address(address: str) -> None:
    """Raise InputError when others could reach the address and everybody would be an admin."""
    from workbench.ui.gate import is_loopback

    if not is_loopback(address) and not list_accounts(Home.find()):
        raise InputError(
            "Without accounts the app serves this machine only: whoever reaches it is an admin.",
            where=address,
            hint="Make an account first: workbench account add NAME --role admin",
        )


def check_configured_address() -> None:
    """End the program with the reason when Streamlit is told to serve others and there are no accounts.

    For `streamlit run app.py`. Another ASGI server has an address of its own: there the gate refuses.
    """
    from streamlit import config

    try:
        check_address(config.get_option("server.address") or ADDRESS)
    except WorkbenchError as error:
        sys.exit(str(error))


def check_port(port: int, address: str = ADDRESS) -> None:
    """Raise MachineError unless this process may listen on the port of the address."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        if os.name == "posix":  # as the server does: a port that was closed just now is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            if error.errno in (errno.EADDRNOTAVAIL, None) or isinstance(error, socket.gaierror):
                message = f"The address {address} is none of this machine's."
            elif error.errno == errno.EADDRINUSE:
                message = (
                    f"The port {port} is in use: another program, perhaps another workbench, listens there."
                )
            else:
                message = f"The port {port} cannot be used: {error.strerror}."
            hint = (
                f"Choose another one, for example: workbench app --port {port + 1 if port < 65535 else 8501}"
            )
            raise MachineError(message, where=f"{address}:{port}", hint=hint) from None
