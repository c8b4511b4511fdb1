"""A round is a function of the answers and the seed: ten of them are chosen again, and parted on purpose."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from tests.unit.usecases.lived import ROUNDS, WordEncoder, live, make
from workbench import catalog
from workbench.cli.history import summary, verdict_in_words
from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.examples import Example
from workbench.domain.runs import Batch
from workbench.errors import InputError
from workbench.usecases import batch_recipe
from workbench.usecases.compare_histories import compare_histories
from workbench.usecases.project import Project, open_project
from workbench.usecases.propose_batch import Ranking, propose_batch
from workbench.usecases.rebuild_model import Rebuilding
from workbench.usecases.replay import read_recipe, replay
from workbench.usecases.runs import run_folder

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "encoder", lambda name, n_threads: WordEncoder())


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of ten rounds by margin, made once."""
    root = tmp_path_factory.mktemp("lived")
    make(root, "p")
    with open_project(Home(root), "p") as project:
        live(project, "margin", "tfidf")
    return root


@pytest.fixture
def home(lived: Path, tmp_path: Path) -> Home:
    """The ten rounds twice, as the projects `p` and `q`."""
    for name in ("p", "q"):
        shutil.copytree(lived / "projects" / "p", tmp_path / "projects" / name)
        shutil.copytree(lived / "models" / "p", tmp_path / "models" / name)
    return Home(tmp_path)


@pytest.fixture
def two(home: Home) -> Iterator[tuple[Project, Project]]:
    with open_project(home, "p") as ours, open_project(home, "q") as theirs:
        yield ours, theirs


def execute(project: Project, statement: str, **values: object) -> None:
    """Change what nobody may change."""
    with project.store.database.write() as connection:
        connection.execute(text(statement), values)


def rewrite(project: Project, number: int, old: str, new: str) -> None:
    """Change the recipe of a batch, numbered from 1."""
    change = "UPDATE batches SET recipe = replace(recipe, :old, :new) WHERE number = :number"
    execute(project, change, old=old, new=new, number=number)


def states(project: Project, rebuilding: Rebuilding | None = None) -> list[str]:
    return [verdict.state for verdict in replay(project, "topic", rebuilding)]


@pytest.mark.parametrize(
    ("strategy", "learner"),
    [("auto", "linear"), ("margin", "tfidf"), ("random", "tfidf"), ("cluster-margin", "kernel")],
)
def test_ten_rounds_with_skips_withdrawals_disputes_and_a_renamed_label_are_chosen_again(
    tmp_path: Path, strategy: str, learner: str
) -> None:
    make(tmp_path, "p")
    with open_project(Home(tmp_path), "p") as project:
        live(project, strategy, learner)
        assert len(project.store.batches("topic")) == ROUNDS
        before = project.store.annotations(), project.store.batches("topic"), project.store.runs()
        assert states(project) == ["same"] * ROUNDS
        assert (project.store.annotations(), project.store.batches("topic"), project.store.runs()) == before


def test_stored_models_choose_the_same_and_a_missing_one_is_said(two: tuple[Project, Project]) -> None:
    project = two[0]
    assert states(project, Rebuilding(stored_models=True)) == ["same"] * ROUNDS
    gone = project.store.batches("topic")[3].run
    assert gone is not None
    shutil.rmtree(run_folder(project, gone))
    verdicts = list(replay(project, "topic", Rebuilding(stored_models=True)))
    assert [v.number for v in verdicts if v.state == "cannot be replayed"] == [4]
    assert gone in verdicts[3].reason
    assert summary(verdicts) == "9 of 10 batches the same, 1 cannot be replayed"


def test_another_seed_in_a_recipe_is_caught(two: tuple[Project, Project]) -> None:
    project = two[0]
    rewrite(project, 1, '"seed":1,', '"seed":2,')
    verdicts = list(replay(project, "topic"))
    assert [verdict.state for verdict in verdicts] == ["differs", *["same"] * (ROUNDS - 1)]
    assert verdicts[0].place is not None
    assert "its chain does not follow" in verdict_in_words(verdicts[0])


def test_a_model_that_learns_by_chance_is_caught(
    two: tuple[Project, Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    import numpy as np

    from workbench.domain.scores import ClassScores
    from workbench.learners.tfidf import TfidfModel

    chance, kept = np.random.default_rng(), TfidfModel.score

    def by_chance(model: TfidfModel, texts: list[str]) -> dict[str, ClassScores]:
        scores = kept(model, texts)["topic"]
        noisy = scores.probabilities * chance.uniform(0.5, 1.0, scores.probabilities.shape)
        return {"topic": ClassScores(scores.labels, noisy / noisy.sum(axis=1, keepdims=True))}

    monkeypatch.setattr(TfidfModel, "score", by_chance)
    assert "differs" in states(two[0])


def test_an_answer_that_was_changed_afterwards_is_noticed_where_it_was_known_and_not_before(
    two: tuple[Project, Project],
) -> None:
    ours, theirs = two
    flipped = flip(theirs, known_to=6)
    verdicts = list(replay(theirs, "topic"))
    assert [v.state for v in verdicts[:6]] == ["same"] * 6
    assert all("settled answers are not those" in verdict_in_words(v) for v in verdicts[6:])
    compared = compare_histories(ours, theirs, "topic")
    assert (compared.n_alike, compared.place) == (6, "at batch 7")
    assert compared.differences[0].startswith(f"the answer to {flipped.document_id}: ")


def flip(project: Project, *, known_to: int) -> Annotation:
    """Change the first answer of ada to a batch, numbered from 1; return what it was."""
    batch = project.store.batches("topic")[known_to - 1]
    best = batch.proposals[0].document_id
    (answer,) = [a for a in project.store.annotations("topic", best) if a.status == "answered"]
    other = next(a for a in project.store.question("topic").labels if a not in answer.labels)
    change = "UPDATE annotations SET labels = :labels WHERE client_id = :id"
    execute(project, change, labels=f'["{other}"]', id=answer.client_id)
    return answer


@pytest.mark.parametrize("flipped", [1, 4, 9])
def test_one_other_answer_parts_two_histories_there_and_not_before(
    lived: Path, tmp_path: Path, flipped: int
) -> None:
    make(tmp_path, "p")
    with open_project(Home(lived), "p") as ours, open_project(Home(tmp_path), "p") as theirs:
        live(theirs, "margin", "tfidf", flipped=flipped)
        chains = [[batch.chain for batch in side.store.batches("topic")] for side in (ours, theirs)]
        assert [a == b for a, b in zip(*chains, strict=True)] == [k < flipped for k in range(ROUNDS)]
        compared = compare_histories(ours, theirs, "topic")
        best = ours.store.batches("topic")[flipped - 1].proposals[0].document_id
        assert compared.n_alike == flipped
        assert compared.differences[0].startswith(f"the answer to {best}: ")
        assert states(theirs) == ["same"] * ROUNDS


def test_the_same_life_twice_has_one_chain(lived: Path, tmp_path: Path) -> None:
    make(tmp_path, "p")
    with open_project(Home(lived), "p") as ours, open_project(Home(tmp_path), "p") as theirs:
        live(theirs, "margin", "tfidf")
        assert compare_histories(ours, theirs, "topic").differences == ()
        assert ours.store.batches("topic")[-1].chain == theirs.store.batches("topic")[-1].chain


def test_histories_of_other_lengths_seeds_and_last_answers_say_so(two: tuple[Project, Project]) -> None:
    ours, theirs = two
    assert compare_histories(ours, theirs, "topic").differences == ()
    last = theirs.store.batches("topic")[-1].proposals[0].document_id
    theirs.store.record([Annotation("new", last, "topic", "ada", ("billing",), label_version=2)])
    compared = compare_histories(ours, theirs, "topic")
    assert (compared.n_alike, compared.place) == (ROUNDS, "after the last batch")
    assert compared.differences == (f"the answer to {last}: no answer in 'p', billing in 'q'",)
    propose_batch(theirs, "topic", Ranking("random", 3))
    compared = compare_histories(ours, theirs, "topic")
    assert compared.differences == ("'p' ends after 10 batches, 'q' has 11",)
    propose_batch(ours, "topic", Ranking("random", 3, seed=4))
    said = compare_histories(ours, theirs, "topic").differences
    assert "the seed: 4 in 'p', 0 in 'q'" in said


def test_batches_without_a_recipe_are_named_and_the_others_are_replayed(two: tuple[Project, Project]) -> None:
    project = two[0]
    execute(project, "UPDATE batches SET recipe = '{}', chain = '' WHERE number <= 2")
    rewrite(project, 3, '{"version"', '{"mood":1,"version"')
    verdicts = list(replay(project, "topic"))
    assert [v.state for v in verdicts[:2]] == ["cannot be replayed"] * 2
    assert "no recipe" in verdicts[0].reason
    assert "says mood" in verdicts[2].reason
    assert [v.state for v in verdicts[4:]] == ["same"] * 6


def test_a_batch_of_a_strategy_that_chose_otherwise_then_is_not_replayed(
    two: tuple[Project, Project],
) -> None:
    by_auto = propose_batch(two[0], "topic", Ranking("auto", 3))
    by_margin = two[0].store.batches("topic")[-2]
    then = [replace(batch, recipe={**batch.recipe, "version": 1}) for batch in (by_margin, by_auto)]
    assert read_recipe(then[0], "textcat").strategy == "margin"
    with pytest.raises(InputError, match="'auto' chose otherwise when it was made"):
        read_recipe(then[1], "textcat")


def test_what_auto_chose_before_it_doubted_any_label_is_not_called_different() -> None:
    recipe = {"version": 3, "ranking": {"strategy": "auto", "n": 2, "seed": 0}, "saw": {}, "hashes": {}}
    batch = Batch("b", "topic", "auto", 0, (), recipe=recipe)
    assert read_recipe(batch, "textcat").strategy == "auto"
    with pytest.raises(InputError, match="'auto' chose otherwise when it was made"):
        read_recipe(batch, "textcat-multi")


def test_an_answer_that_comes_while_a_batch_is_chosen_is_not_known_to_it(
    two: tuple[Project, Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    project, collect = two[0], batch_recipe.collect_examples
    version = project.store.question("topic").label_version
    late = [d for d in project.store.document_ids("pool") if not project.store.annotations("topic", d)]

    def answered_meanwhile(seen: Project, question: str) -> list[Example]:
        said = Annotation(f"late-{late[0]}", late[0], "topic", "eve", ("billing",), label_version=version)
        project.store.record([said])
        return collect(seen, question)

    monkeypatch.setattr(batch_recipe, "collect_examples", answered_meanwhile)
    known = batch_recipe.look(project, "topic")
    assert late[0] in project.store.answered_ids("topic")
    assert late[0] not in {example.document_id for example in known.answered}
    assert late[0] in {document.id for document in known.candidates}


def test_what_was_changed_is_said_also_where_nothing_can_be_learned_any_more(
    two: tuple[Project, Project],
) -> None:
    project = two[0]
    execute(project, "UPDATE annotations SET status = 'skipped' WHERE status = 'answered'")
    verdict = list(replay(project, "topic"))[-1]
    assert verdict.state == "differs"
    assert "settled answers are not those" in verdict_in_words(verdict)
    assert "no answers to learn from" in verdict_in_words(verdict)


def test_quick_learners_are_trained_again_and_a_student_never_is() -> None:
    learners = ("tfidf", "linear", "kernel", "setfit", "bert", "student")
    asked = (Rebuilding(), Rebuilding(retrain_all=True), Rebuilding(stored_models=True))
    trained = [[learner for learner in learners if rebuilding.trains(learner)] for rebuilding in asked]
    assert trained == [["tfidf", "linear", "kernel"], [*learners[:-1]], []]


def test_a_batch_that_an_unkept_model_ranked_says_so_and_is_compared(two: tuple[Project, Project]) -> None:
    ours, theirs = two
    for project in two:
        execute(project, "UPDATE batches SET run = 'topic-live-1' WHERE number = 4")
    verdict = list(replay(ours, "topic"))[3]
    assert (verdict.state, "topic-live-1" in verdict.reason) == ("cannot be replayed", True)
    assert compare_histories(ours, theirs, "topic").differences == ()
    execute(theirs, "UPDATE batches SET run = 'topic-live-2' WHERE number = 4")
    compared = compare_histories(ours, theirs, "topic")
    said = "the training of the model: topic-live-1 in 'p', topic-live-2 in 'q'"
    assert (compared.n_alike, compared.differences) == (3, (said,))


def test_models_are_not_both_loaded_and_trained_again() -> None:
    with pytest.raises(InputError, match="both"):
        Rebuilding(stored_models=True, retrain_all=True)


def test_vectors_that_were_computed_again_and_are_others_are_named(tmp_path: Path) -> None:
    make(tmp_path, "v")
    with open_project(Home(tmp_path), "v") as project:
        propose_batch(project, "topic", Ranking("auto", 12, 1))
        propose_batch(project, "topic", Ranking("random", 12, 1))
        assert [verdict.remarks for verdict in replay(project, "topic")] == [(), ()]
        (path,) = (project.folder / "data" / "vectors").rglob("rows.f16")
        rows = np.fromfile(path, dtype="<f2").reshape(-1, WordEncoder.width)
        rows[::3] = rows[::3, ::-1]
        path.write_bytes(rows.tobytes())
        (by_vectors, by_chance) = replay(project, "topic")
    assert "computed again" in by_vectors.remarks[0]
    assert "computed again" in verdict_in_words(by_vectors)
    assert (by_chance.state, by_chance.remarks) == ("same", ())
