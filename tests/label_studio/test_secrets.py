"""No token ever stands in a log, an error, or a file, whatever goes wrong; it is planted and searched for."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.real_label_studio import RealLabelStudio
from tests.label_studio.desk import TOPIC, choice, tickets
from tests.label_studio.proxy import KINDS, FaultyProxy, imports
from workbench.errors import RemoteError
from workbench.usecases.label_studio import push as pushing
from workbench.usecases.label_studio.pull import pull_answers
from workbench.usecases.label_studio.push import push_documents

pytestmark = [pytest.mark.label_studio, pytest.mark.slow]


ECHOES = ("echo", "echo as json", "echo", "echo as json")


def everything_written(folder: Path) -> bytes:
    return b"\n".join(
        str(path).encode() + b"\n" + path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    )


@pytest.mark.parametrize(
    ("kind", "faults"), [("ana", (*KINDS, "401", *ECHOES)), ("legacy", ("401", *ECHOES))]
)
def test_a_planted_token_never_appears(
    made: Any,
    server: RealLabelStudio,
    proxy: FaultyProxy,
    slept: list[float],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    kind: str,
    faults: tuple[str, ...],
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", server.tokens[kind])
    monkeypatch.setattr(pushing, "LEAST_PATIENCE", 0.5)
    caplog.set_level(logging.DEBUG)
    said: list[str] = []

    def attempt(do: Callable[[], object]) -> None:
        try:
            said.append(repr(do()))
        except RemoteError as error:
            said.append(f"{error!r} {error.hint} {traceback.format_exc()}")
        proxy.calm()

    with made([TOPIC], tickets(5), url=proxy.url) as (project, desk, connected):
        said.append(repr(connected))
        for place, fault in enumerate(faults):
            number = place % 3 if kind == "ana" else place % 2
            proxy.when(lambda asked, number=number: asked.number >= number, fault, times=3)
            attempt(lambda: pull_answers(project, whole=True))
        proxy.when(imports, "echo", times=2)
        attempt(lambda: push_documents(project))
        attempt(lambda: push_documents(project))
        desk.answer(desk.all_tasks()[0]["id"], [choice("fault")])
        attempt(lambda: pull_answers(project, whole=True))
        written = everything_written(tmp_path)
        n_tasks = len(desk.all_tasks())

    logged = "\n".join(record.getMessage() for record in caplog.records)
    printed = "".join(capfd.readouterr())
    secrets = {server.tokens[kind], *(a.split()[-1] for a in proxy.authorizations if a)}
    assert len(secrets) >= (2 if kind == "ana" else 1)
    assert n_tasks == 5
    assert "/api/tasks/" in logged
    assert any("[token]" in text for text in said)
    for secret in secrets:
        assert secret not in logged
        assert secret not in printed
        assert not [text for text in said if secret in text]
        assert secret.encode() not in written
