"""How the app is started, and what it loads."""

from __future__ import annotations

import ast
import os
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import MachineError
from workbench.ui.launch import ADDRESS, MAIN, OPTIONS, check_port

ROOT = Path(__file__).resolve().parents[3]
HEAVY = (
    "sklearn",
    "torch",
    "transformers",
    "setfit",
    "sentence_transformers",
    "scipy",
    "spacy",
    "onnxruntime",
    "cleanlab",
    "datasketch",
    "py3langid",
)


def flattened(tables: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tables.items():
        if isinstance(value, dict):
            yield from flattened(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def test_streamlit_run_gets_the_same_options_from_its_file() -> None:
    tables = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert dict(flattened(tables)) == OPTIONS


def test_every_option_is_one_that_streamlit_knows() -> None:
    from streamlit import config

    assert set(OPTIONS) <= set(config.get_config_options())


def test_the_app_file_assigns_a_literal_streamlit_app() -> None:
    tree = ast.parse((ROOT / "app.py").read_text(encoding="utf-8"))
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    assert [ast.unparse(node.targets[0]) for node in assigned] == ["app"]
    assert ast.unparse(assigned[0].value.func) == "streamlit.App"  # type: ignore[attr-defined]
    assert MAIN.is_file()


def test_a_busy_port_is_refused_with_a_way_out() -> None:
    with socket.socket() as other:
        other.bind((ADDRESS, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(MachineError, match=f"port {port} is in use") as refused:
            check_port(port)
    assert f"--port {port + 1}" in refused.value.hint
    assert refused.value.exit_code == 4
    check_port(port)  # it is free again


@pytest.mark.slow
def test_a_busy_port_ends_the_command_with_one_message_and_code_4() -> None:
    with socket.socket() as other:
        other.bind((ADDRESS, 0))
        other.listen()
        port = other.getsockname()[1]
        command = f"import sys; sys.argv[1:] = ['app', '--port', '{port}']; import workbench.cli.main as c; c.main()"
        ended = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 4
    assert ended.stderr.startswith("Error: ")
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
def test_all_pages_together_load_no_training_library(tickets: object) -> None:
    program = f"""
import sys
from streamlit.testing.v1 import AppTest
at = AppTest.from_file({str(MAIN)!r}, default_timeout=60).run()
for view in ("annotate", "bulk", "progress", "review", "models"):
    page = AppTest.from_string(f"from workbench.ui.views import {{view}}; {{view}}.show()", default_timeout=60)
    page.query_params["question"] = "topic"
    assert not page.run().exception, page.exception
print(sorted(name for name in {HEAVY!r} if name in sys.modules))
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=180)
    assert ended.stdout.strip() == "[]", ended.stderr


@pytest.mark.slow
def test_streamlit_run_refuses_a_public_address_without_accounts(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.address", "0.0.0.0"]
    ended = subprocess.run(
        [*command, "--server.port", "0"],
        env={**os.environ, "WORKBENCH_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    assert "Without accounts the app serves this machine only" in ended.stderr
    assert "workbench account add" in ended.stderr
    assert "Traceback" not in ended.stderr
