"""A project with a job table, and verbs that do what the tests need."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.store.jobs import Jobs
from workbench.store.project_store import ProjectStore

VERBS = '''
import os, signal, subprocess, sys, time
from pathlib import Path
from workbench.errors import NotEnoughDataError

def add(folder, arguments, progress):
    for step in range(3):
        progress(step + 1, 3, "numbers")
    return {"sum": sum(arguments["numbers"]), "folder": str(folder)}

def refuse(folder, arguments, progress):
    raise NotEnoughDataError("Only one class.", hint="Label more.")

def crash(folder, arguments, progress):
    print("on the way")
    return {"x": 1 / 0}

def vanish(folder, arguments, progress):
    os.kill(os.getpid(), signal.SIGKILL)

def wait(folder, arguments, progress):
    (folder / "started").write_text(str(os.getpid()))
    try:
        time.sleep(60)
    finally:
        (folder / "tidied").touch()

def steps(folder, arguments, progress):
    """Takes some seconds, and writes down when it made which step."""
    with (folder / arguments["file"]).open("a") as file:
        for step in range(arguments["n"]):
            time.sleep(0.1)
            progress(step + 1, 1000, "numbers")
            file.write(f"{time.time()}\\n")
            file.flush()
    return {"steps": arguments["n"]}

def stubborn(folder, arguments, progress):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (folder / "started").write_text(str(os.getpid()))
    time.sleep(60)

def once(folder, arguments, progress):
    """Waits for ever the first time, is quick when it is run again."""
    if (folder / "started").exists():
        return {"again": True}
    (folder / "started").write_text(str(os.getpid()))
    time.sleep(60)
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "desk"


@pytest.fixture
def jobs(folder: Path) -> Iterator[Jobs]:
    with ProjectStore.create(folder, "desk", []) as store:
        yield Jobs(store)


@pytest.fixture
def verbs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Put the verbs where a child process finds them."""
    (tmp_path / "fake_verbs.py").write_text(VERBS)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    names = ("add", "refuse", "crash", "vanish", "wait", "stubborn", "once", "steps")
    return {name: f"fake_verbs:{name}" for name in names} | {"gone": "no_such_module:run_job"}
