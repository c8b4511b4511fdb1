"""Advice from stored runs: which count, what it costs, and what the rules say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workbench.analysis.pace import Pace
from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import LabelChange, Question
from workbench.domain.runs import Run
from workbench.store.control import ControlPart
from workbench.usecases.advise_stop import advise_stop, comparable_runs, hours_for, stability_rules
from workbench.usecases.project import Project, create_project, open_project

TOPIC = Question("topic", "textcat", ("a", "b"))


def run_of(n: int, value: float, **more: Any) -> Run:
    figures = {"n": more.pop("n_judged", 300), "macro_f1": value}
    facts: dict[str, Any] = {"learner": "tfidf", "labels": TOPIC.labels, "label_version": 0, **more}
    name = "-".join([str(n), *(str(value) for value in more.values())])
    return Run(
        f"run-{name}", "topic", seed=0, n_examples=n, data_hash="0" * 64, figures=figures,
        **{"basis": "held-out", **facts},
    )  # fmt: skip


def levelling(n_rounds: int) -> list[Run]:
    return [run_of(100 * n, 0.9 - 3 * (100 * n) ** -0.7) for n in range(1, n_rounds + 1)]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    create_project(Home(tmp_path), "p", [TOPIC])
    documents = tuple(LabelledDocument(Document(f"d{n}", f"text {n}")) for n in range(4_000))
    with open_project(Home(tmp_path), "p") as opened:
        opened.store.import_documents(
            Imported((), documents, ConversionReport(kept=4_000)),
            file_name="f",
            file_sha256="0" * 64,
            format="csv",
        )
        yield opened


def save(project: Project, runs: list[Run]) -> None:
    for run in runs:
        project.store.save_run(run)


def test_without_four_comparable_runs_there_is_no_number(project: Project) -> None:
    assert advise_stop(project, "topic").decision == "too early"
    save(project, levelling(3))
    advice = advise_stop(project, "topic")
    assert (advice.decision, advice.gain, advice.margin) == ("too early", None, None)
    assert "Too early to tell" in advice.words
    assert [rule.says_stop for rule in advice.rules] == [None, None, None]


def test_the_advice_names_points_hours_and_whether_to_go_on(project: Project) -> None:
    save(project, levelling(4))
    answers = [
        Annotation(str(n), f"d{n}", "topic", "ana", ("a",), created_at=f"2026-01-01T10:{n:02}:00+00:00")
        for n in range(40)
    ]
    project.store.record(answers)
    advice = advise_stop(project, "topic", n_more=120)
    assert advice.decision == "go on"
    assert advice.hours == pytest.approx(2.0)  # an answer a minute
    assert advice.words.startswith("The next 120 labels are likely to bring +")
    assert "(about 2.0 hours of work)" in advice.words
    assert "at your pace" in advise_stop(project, "topic", only="ana").words
    assert "about" not in advise_stop(project, "topic", only="ben").words


def test_a_curve_that_levelled_off_is_advised_to_stop_and_a_stricter_threshold_is_not(
    project: Project,
) -> None:
    save(project, levelling(18))
    advice = advise_stop(project, "topic")
    assert advice.decision == "stop"
    assert advice.rules[0].says_stop is True
    assert "You can stop" in advice.words
    assert advise_stop(project, "topic", points=0.05).decision == "go on"
    assert advice.as_dict()["steps"][-1]["decision"] == "stop"


def test_runs_of_other_labels_learners_settings_and_documents_are_left_out() -> None:
    runs = levelling(5)
    others = [
        run_of(150, 0.1, learner="linear"),
        run_of(160, 0.1, config={"c": 1.0}),
        run_of(170, 0.1, n_judged=20),
        run_of(180, 0.1, basis="out-of-fold"),
        run_of(190, 0.1, label_version=1),
    ]
    newest_first = [*reversed([*others, *runs])]
    assert [run.n_examples for run, _ in comparable_runs(TOPIC, newest_first)] == [100, 200, 300, 400, 500]


def test_runs_that_nobody_asked_for_join_the_curve_and_do_not_turn_it() -> None:
    by_itself: dict[str, Any] = {"facts": {"meanwhile": True}}
    asked = [run_of(300, 0.7), run_of(100, 0.5)]
    others = [run_of(400, 0.6, learner="setfit", **by_itself), run_of(200, 0.6, **by_itself)]
    curve = comparable_runs(TOPIC, [others[0], asked[0], others[1], asked[1]])
    assert [run.n_examples for run, _ in curve] == [100, 200, 300]
    assert [run.learner for run, _ in comparable_runs(TOPIC, others)] == ["setfit"]


def test_of_runs_with_as_many_answers_the_newest_stands() -> None:
    old, new = run_of(100, 0.1), replace(run_of(100, 0.2), id="newer")
    assert [run.id for run, _ in comparable_runs(TOPIC, [new, old])] == ["newer"]


def test_when_runs_begin_to_be_measured_otherwise_the_advice_goes_on_until_there_are_enough(
    project: Project,
) -> None:
    save(project, levelling(5))
    before = advise_stop(project, "topic")
    save(project, [run_of(600 + 10 * n, 0.8 + n / 100, basis="control") for n in range(2)])
    after = advise_stop(project, "topic")
    assert (after.decision, after.gain, after.steps) == (before.decision, before.gain, before.steps)
    assert after.words.startswith(before.words)
    assert after.words.endswith(
        " That is the advice after 500 answers: runs since then are measured otherwise (control), and a forecast "
        "needs 4 of them; there are 2."
    )
    save(project, [run_of(615, 0.8, basis="out-of-fold")])
    assert advise_stop(project, "topic").gain == before.gain
    save(project, [run_of(620 + 10 * n, 0.82 + n / 100, basis="control") for n in range(2)])
    assert advise_stop(project, "topic").steps[-1].n_labelled == 630
    save(project, [run_of(640, 0.5, basis="control", learner="setfit")])
    assert "Too early" in advise_stop(project, "topic").words


def test_changed_labels_begin_a_new_curve(project: Project) -> None:
    save(project, levelling(18))
    project.store.change_labels("topic", LabelChange("add", (), ("c",)))
    advice = advise_stop(project, "topic")
    assert (advice.decision, advice.left_out) == ("too early", 18)


def test_a_document_of_two_annotators_costs_two_answers() -> None:
    pace = Pace("ana", 60, 1, 3600.0, 60.0)
    assert hours_for(TOPIC, 60, [pace]) == pytest.approx(1.0)
    assert hours_for(replace(TOPIC, overlap=2, overlap_share=0.5), 60, [pace]) == pytest.approx(1.5)
    assert hours_for(TOPIC, 60, []) is None


def test_the_rules_of_the_literature_want_several_rounds_in_a_row() -> None:
    def noted(*kappas: float) -> list[dict[str, Any]]:
        return [{"kappa": kappa, "changed": 1 - kappa} for kappa in kappas]

    agree, change = stability_rules([{}, *noted(0.8, 0.991, 0.992)])
    assert (agree.says_stop, change.says_stop) == (False, True)
    agree, change = stability_rules(noted(0.993, 0.991, 0.992))
    assert agree.says_stop
    assert agree.state == "kappa 0.992, enough is 0.99 three times"
    assert change.state == "0.8 % changed, enough is 1 % twice"
    assert [rule.says_stop for rule in stability_rules([{}])] == [None, None]


def test_only_rounds_of_the_curve_are_asked_how_stable_they_were(project: Project) -> None:
    runs = levelling(5)
    save(project, runs)
    for run in runs:
        stability = {"kappa": 0.995, "changed": 0.004}
        project.store.save_round("topic", {"run": run.id, "stability": stability})
    project.store.save_round("topic", {"run": "another", "stability": {"kappa": 0.1, "changed": 0.9}})
    _, agree, change = advise_stop(project, "topic").rules
    assert (agree.verdict, change.verdict) == ("stop", "stop")
    assert agree.state.startswith("kappa 0.995")
    assert change.state.startswith("0.4 %")


def test_no_more_labels_are_promised_than_documents_are_left(project: Project) -> None:
    save(project, levelling(5))
    assert advise_stop(project, "topic", n_more=1_000_000).n_more == 4_000 - len(control_ids(project))
    everything = project.store.document_ids(part="pool")
    project.store.record([Annotation(f"ana {id}", id, "topic", "ana", ("a",)) for id in everything])
    words = advise_stop(project, "topic").words
    assert words.endswith("No document of the pool is left to ask: import others to go on.")


def test_no_forecast_goes_above_the_best_figure_there_is(project: Project) -> None:
    save(project, levelling(5))
    advice = advise_stop(project, "topic", n_more=3_000)
    assert advice.gain is not None
    assert advice.margin is not None
    assert advice.figure is not None
    assert advice.figure.value + advice.gain + advice.margin <= 1.0 + 1e-9


def control_ids(project: Project) -> list[str]:
    return ControlPart(project.store.database).ids()


def test_few_documents_that_are_left_must_bring_as_much_less(project: Project) -> None:
    save(project, levelling(8))
    n_left = 4_000 - len(control_ids(project))
    asked = [f"d{n}" for n in range(4_000) if f"d{n}" not in set(control_ids(project))]
    project.store.record([Annotation(f"c{id}", id, "topic", "ana", ("a",)) for id in asked[: n_left - 20]])
    advice = advise_stop(project, "topic", n_more=100, points=0.5)
    assert (advice.n_more, advice.threshold) == (20, pytest.approx(0.001))
    assert "0.1 points" in advice.words


def test_a_figure_of_one_is_said_to_tell_nothing_of_further_labels(project: Project) -> None:
    save(project, [run_of(100 * n, 1.0) for n in range(1, 8)])
    words = advise_stop(project, "topic").words
    assert words.startswith("The figure is 1.000: what it is measured on cannot tell")
    assert "±" not in words
    assert "More held-out documents" in words
