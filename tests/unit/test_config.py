"""What the environment says."""

from __future__ import annotations

import os

import pytest

from workbench.config import n_training_threads
from workbench.errors import InputError


@pytest.mark.parametrize("said", ["abc", "0", "-2", "1.5", "²", "99999999999999999999"])
def test_a_number_of_threads_that_is_none_is_refused_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv("WORKBENCH_THREADS", said)
    with pytest.raises(InputError, match="WORKBENCH_THREADS"):
        n_training_threads()


def test_without_a_number_of_threads_all_cores_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for said in ("", " "):
        monkeypatch.setenv("WORKBENCH_THREADS", said)
        assert n_training_threads() == os.cpu_count()
    monkeypatch.setenv("WORKBENCH_THREADS", "3")
    assert n_training_threads() == 3
