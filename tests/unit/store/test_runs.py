from __future__ import annotations

from dataclasses import replace

import pytest

from workbench.domain.runs import Run
from workbench.errors import InputError, UnknownNameError
from workbench.store.project_store import ProjectStore

RUN = Run(
    id="topic-linear-1",
    question="topic",
    learner="linear",
    seed=2**63 - 1,
    labels=("billing", "other"),
    label_version=3,
    n_examples=12,
    data_hash="0" * 64,
    config={"c": 1.5, "grid": [0.1, 1]},
    versions={"numpy": "2.0"},
    figures={"accuracy": 0.5, "by_label": {"billing": None}},
    basis="out-of-fold",
    seconds=1.25,
    created_at="2026-01-01T00:00:00+00:00",
    facts={"epochs": 4, "adjusted_spans": 2},
)


def test_a_run_comes_back_as_it_was(store: ProjectStore) -> None:
    store.save_run(RUN, "topic/1")
    assert store.run(RUN.id) == RUN
    assert store.run_folder(RUN.id) == "topic/1"


def test_a_run_may_have_no_figures_and_so_no_basis(store: ProjectStore) -> None:
    run = replace(RUN, figures={}, basis=None)
    store.save_run(run)
    assert store.runs() == [run]


def test_a_runs_folder_is_named_like_the_run_unless_said(store: ProjectStore) -> None:
    store.save_run(RUN)
    assert store.run_folder(RUN.id) == RUN.id


def test_runs_are_newest_first_by_order_of_saving(store: ProjectStore) -> None:
    old = replace(RUN, id="b", created_at="2030-01-01T00:00:00+00:00")
    other = replace(RUN, id="c", question="entities")
    for run in (old, RUN, other):
        store.save_run(run)
    assert [run.id for run in store.runs()] == ["c", RUN.id, "b"]
    assert [run.id for run in store.runs("topic")] == [RUN.id, "b"]


def test_a_run_is_saved_once_and_never_changed(store: ProjectStore) -> None:
    store.save_run(RUN)
    store.save_run(replace(RUN, created_at=""))
    with pytest.raises(InputError, match="another run"):
        store.save_run(replace(RUN, n_examples=13))
    assert store.runs() == [RUN]


def test_an_unknown_run_is_answered_with_the_known_ones(store: ProjectStore) -> None:
    store.save_run(RUN)
    for ask in (store.run, store.run_folder):
        with pytest.raises(UnknownNameError, match="Did you mean 'topic-linear-1'"):
            ask("topic-linear-2")


def test_figures_that_are_no_numbers_and_seeds_out_of_range_are_refused(store: ProjectStore) -> None:
    with pytest.raises(InputError, match="JSON"):
        store.save_run(replace(RUN, figures={"f1": float("nan")}))
    with pytest.raises(InputError, match="seed"):
        store.save_run(replace(RUN, seed=2**63))


def test_rounds_are_the_points_of_the_learning_curve(store: ProjectStore) -> None:
    store.save_round("topic", {"n_labelled": 10, "accuracy": 0.5, "run": RUN.id})
    store.save_round("entities", {"n_labelled": 1})
    store.save_round("topic", {"n_labelled": 20, "accuracy": 0.75})
    found = store.rounds("topic")
    assert [(r["round"], r["n_labelled"], r["accuracy"]) for r in found] == [(1, 10, 0.5), (2, 20, 0.75)]
    assert all(r["created_at"] for r in found)
