"""A better run of a slower learner ranks in the place of the live head."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.unit.usecases.live_desk import LABELS, TOPIC, add_texts, answer, embed, ids, live_desk, text_of
from tests.unit.usecases.lived import WordEncoder
from tests.unit.usecases.ner_desk import NAMES, MadeWords
from workbench import catalog
from workbench.artefacts import read_tensors, write_tensors
from workbench.domain.ports import LearnerContext
from workbench.domain.questions import LabelChange, Question
from workbench.domain.runs import Basis, Run, is_live_run
from workbench.domain.scores import ClassScores
from workbench.errors import ArtefactError, InputError
from workbench.learners.warm_head import WarmConfig
from workbench.store.appending import text_digest
from workbench.store.jobs import Jobs
from workbench.store.suggestions import Suggestions
from workbench.usecases import score_pool as scoring
from workbench.usecases.live_takeover import HEAD_OPTIONS, LIVE_LEARNER, better_run, head_options
from workbench.usecases.project import Project
from workbench.usecases.rank_live import LiveRanking
from workbench.usecases.score_pool import read_pool_scores, score_pool, scores_path


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Project]:
    with live_desk(tmp_path) as project:
        yield project


def run(
    learner: str, figure: float | None, *, n: int = 20, basis: Basis = "held-out", version: int = 0
) -> Run:
    figures = {} if figure is None else {"macro_f1": figure}
    return Run(
        f"topic-{learner}-1", "topic", learner, 0, LABELS, version, n, "0" * 64, figures=figures, basis=basis
    )


class Certain:
    """A model that gives every text the label c, and doubts one of them."""

    def __init__(self, doubted: str) -> None:
        self.doubted = doubted
        self.asked: list[str] = []

    def score(self, texts: Sequence[str]) -> Mapping[str, ClassScores]:
        self.asked += texts
        rows = [[0.3, 0.3, 0.4] if text == text_of(self.doubted) else [0.0, 0.01, 0.99] for text in texts]
        return {"topic": ClassScores(LABELS, np.array(rows, dtype=np.float32))}

    def save(self, folder: Path) -> None:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("others", "taken"),
    [
        ([], None),
        ([run("setfit", 0.8)], "setfit"),
        ([run("setfit", 0.6)], None),
        ([run("setfit", 0.7)], None),
        ([run("setfit", 0.8, basis="out-of-fold")], None),
        ([run("setfit", 0.8, version=1)], None),
        ([run("setfit", None)], None),
        ([run("setfit", 0.8, n=4)], None),
        ([run("setfit", 0.8), run("bert", 0.9)], "bert"),
        ([run("setfit", 0.6), run("setfit", 0.9)], None),
    ],
)
def test_a_run_takes_over_when_its_figure_is_better_on_the_same_basis(
    others: list[Run], taken: str | None
) -> None:
    found = better_run(TOPIC, [*others, run("linear", 0.7), run("linear", 0.99)], 10)
    assert (found.learner if found is not None else None) == taken


def test_of_entities_strict_f1_decides_against_the_newest_run_of_tags() -> None:
    def of(learner: str, figure: float) -> Run:
        made = run(learner, None)
        return replace(made, labels=NAMES.labels, figures={"strict_f1": figure})

    assert better_run(NAMES, [of("bert", 0.5)], 10) is None
    assert better_run(NAMES, [of("bert", 0.5), of("tags", 0.5)], 10) is None
    found = better_run(NAMES, [of("bert", 0.51), of("tags", 0.5)], 10)
    assert found is not None
    assert found.learner == "bert"


def test_without_a_run_of_linear_nothing_can_be_compared() -> None:
    assert better_run(TOPIC, [run("setfit", 0.9)], 10) is None


def test_the_live_head_is_fitted_as_the_newest_run_that_speaks_for_it() -> None:
    config = {"c": 5.0, "balance": "none", "offsets": "recall", "encoder": "minilm", "encoder_id": "made"}
    newest, older = replace(run("linear", 0.7), config=config), replace(run("linear", 0.7), config={"c": 1.0})
    other = replace(run("setfit", 0.7), config={"balance": "balanced"})
    assert head_options(TOPIC, [other, newest, older]) == {"c": 5.0, "balance": "none"}
    assert head_options(TOPIC, [older, newest]) == {"c": 1.0, "balance": "sqrt"}


def test_without_such_a_run_the_live_head_is_fitted_as_its_learner_would() -> None:
    context = LearnerContext(encoder=WordEncoder(), words=MadeWords())
    for kind, name in LIVE_LEARNER.items():
        usual = catalog.learner(name, kind, context).config
        assert head_options(replace(TOPIC, kind=kind), []) == {
            option: usual[option] for option in HEAD_OPTIONS[kind]
        }
    assert asdict(WarmConfig()).items() >= HEAD_OPTIONS["textcat"].items()


def test_the_swap_waits_for_the_scores_of_the_whole_pool(
    desk: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Certain("d33")
    monkeypatch.setattr(scoring, "load_model", lambda project, run: model)
    live = LiveRanking(desk, "topic")
    desk.store.save_run(run("linear", 0.7))
    answer(desk, ids(10, 15))
    first = live.refresh()
    assert first is not None
    assert (first.run or "").startswith("topic-live-")
    desk.store.save_run(run("setfit", 0.8))
    answer(desk, ids(15, 20))
    second = live.refresh()
    assert second is not None
    assert (second.run or "").startswith("topic-live-"), "the pool is not scored yet"
    (job,) = Jobs(desk.store).list()
    assert (job.verb, job.arguments) == ("score-pool", {"question": "topic", "run_id": "topic-setfit-1"})

    assert scoring.run_job(desk.folder, dict(job.arguments), lambda *_: None) == {"n_documents": 80}
    answer(desk, ids(20, 25))
    third = live.refresh()
    assert third is not None
    assert (third.run, third.proposals[0].document_id) == ("topic-setfit-1", "d33")
    said = Suggestions(desk.store).of("topic", [p.document_id for p in third.proposals])
    assert {(one.run, one.labels) for one in said.values()} == {("topic-setfit-1", ("c",))}
    answer(desk, ["d33", *ids(25, 29)])
    fourth = live.refresh()
    assert fourth is not None
    assert (fourth.run, len(model.asked)) == ("topic-setfit-1", 80), "nothing is scored twice"
    assert len(Jobs(desk.store).list()) == 1


def test_new_documents_are_scored_before_the_run_ranks_again(
    desk: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "load_model", lambda project, run: Certain("d33"))
    for one in (run("linear", 0.7), run("setfit", 0.8)):
        desk.store.save_run(one)
    score_pool(desk, "topic", "topic-setfit-1")
    live = LiveRanking(desk, "topic")
    answer(desk, ids(10, 15))
    first = live.refresh()
    assert first is not None
    assert first.run == "topic-setfit-1"
    add_texts(desk, ids(80, 84))
    embed(desk, ids(80, 84))
    answer(desk, ids(15, 20))
    second = live.refresh()
    assert second is not None
    assert (second.run or "").startswith("topic-live-")
    assert [job.verb for job in Jobs(desk.store).list()] == ["score-pool"]
    score_pool(desk, "topic", "topic-setfit-1")
    answer(desk, ids(20, 25))
    third = live.refresh()
    assert third is not None
    assert third.run == "topic-setfit-1"


@pytest.mark.parametrize("damage", ["cut", "out of range", "gone"])
def test_scores_that_were_damaged_or_lost_are_made_again_and_the_live_head_ranks_meanwhile(
    desk: Project, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    monkeypatch.setattr(scoring, "load_model", lambda project, run: Certain("d33"))
    for one in (run("linear", 0.7), run("setfit", 0.8)):
        desk.store.save_run(one)
    path = scores_path(desk, run("setfit", 0.8))

    def ranked(first: int) -> str:
        answer(desk, ids(first, first + 5))
        batch = LiveRanking(desk, "topic").refresh()
        assert batch is not None
        return "live" if is_live_run("topic", batch.run or "") else "setfit"

    def work() -> None:
        jobs = Jobs(desk.store)
        job = jobs.claim("w")
        assert job is not None
        jobs.finish(job, scoring.run_job(desk.folder, dict(job.arguments), lambda *_: None))

    assert ranked(10) == "live"
    work()
    for first in (15, 25):
        assert ranked(first) == "setfit"
        if damage == "cut":
            path.write_bytes(path.read_bytes()[:50])
        elif damage == "out of range":
            kept = read_tensors(path)
            write_tensors(path, {**kept, "probabilities": 2 * kept["probabilities"]})
        else:
            path.unlink()
        assert ranked(first + 5) == "live"
        work()
    assert [job.state for job in Jobs(desk.store).list()] == ["done"] * 3


def test_scores_are_kept_by_text(desk: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "load_model", lambda project, run: Certain("d33"))
    of_run = run("setfit", 0.8)
    desk.store.save_run(of_run)
    assert read_pool_scores(desk, TOPIC, of_run) is None
    monkeypatch.setattr(scoring, "AT_ONCE", 7)
    assert score_pool(desk, "topic", of_run.id) == 80
    kept = read_pool_scores(desk, TOPIC, of_run)
    assert kept is not None
    scores = kept.of(np.array([kept.rows[text_digest(text_of(id))] for id in ("d33", "d7")]))
    assert isinstance(scores, ClassScores)
    np.testing.assert_allclose(scores.probabilities, [[0.3, 0.3, 0.4], [0.0, 0.01, 0.99]], atol=1e-3)


@pytest.mark.parametrize(
    ("question", "wrong"),
    [
        (TOPIC, {"probabilities": np.zeros((2, 9), np.float16)}),
        (TOPIC, {}),
        (NAMES, {"probabilities": np.zeros((3, 5), np.float16)}),
        (
            NAMES,
            {
                "probabilities": np.zeros((3, 5), np.float16),
                "words": np.zeros((3, 2), np.int32),
                "n_words": np.array([1, 1]),
            },
        ),
        (
            NAMES,
            {
                "probabilities": np.zeros((3, 3), np.float16),
                "words": np.zeros((3, 2), np.int32),
                "n_words": np.array([1, 2]),
            },
        ),
    ],
)
def test_scores_that_are_not_those_of_the_run_are_refused(
    desk: Project, question: Question, wrong: dict[str, Any]
) -> None:
    of_run = replace(run("setfit", 0.8), labels=question.labels)
    scores_path(desk, of_run).parent.mkdir(parents=True)
    write_tensors(scores_path(desk, of_run), {"texts": np.zeros((2, 32), np.uint8), **wrong})
    with pytest.raises(ArtefactError, match="does not hold the scores"):
        read_pool_scores(desk, question, of_run)


def test_scores_in_old_labels_are_not_made(desk: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "load_model", lambda project, run: Certain("d33"))
    desk.store.save_run(run("setfit", 0.8))
    desk.store.change_labels("topic", LabelChange("add", (), ("d",)))
    with pytest.raises(InputError, match="changed since"):
        score_pool(desk, "topic", "topic-setfit-1")
