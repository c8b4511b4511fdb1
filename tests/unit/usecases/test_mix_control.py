"""How the control part gets into batches and in front of annotators, unprimed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.unit.usecases.lived import WordEncoder
from workbench import catalog
from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import Kind, Question
from workbench.domain.suggestions import Suggestion
from workbench.errors import InputError, NotEnoughDataError
from workbench.store.control import ControlPart
from workbench.store.suggestions import Suggestions
from workbench.usecases.collect_examples import collect_examples
from workbench.usecases.filter_pool import Filter, find_documents
from workbench.usecases.measure_gain import measure_gain
from workbench.usecases.mix_control import DRAWN_BY_CHANCE
from workbench.usecases.project import Project, create_project, open_project
from workbench.usecases.propose_batch import Ranking, propose_batch
from workbench.usecases.queue_documents import queue_documents, suggestions_for


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Open a project of 200 documents, of which chance drew about a tenth."""
    home = Home(tmp_path)
    create_project(home, "p", [Question("topic", "textcat", ("a", "b"))])
    documents = tuple(LabelledDocument(Document(f"d{n}", f"text {n}")) for n in range(200))
    imported = Imported((), documents, ConversionReport(kept=len(documents)))
    with open_project(home, "p") as opened:
        opened.store.import_documents(imported, file_name="f", file_sha256="0" * 64, format="csv")
        yield opened


def control(project: Project) -> list[str]:
    return ControlPart(project.store.database).ids()


def propose(project: Project, n: int, seed: int = 0) -> list[str]:
    batch = propose_batch(project, "topic", Ranking("random", n, seed))
    return [proposal.document_id for proposal in batch.proposals]


def answer(project: Project, *ids: str) -> None:
    project.store.record([Annotation(f"ana {id}", id, "topic", "ana", ("a",)) for id in ids])


def test_each_batch_asks_the_next_of_the_control_part_evenly_spread(project: Project) -> None:
    drawn = control(project)
    batch = propose(project, 20)
    assert [place for place, id in enumerate(batch) if id in drawn] == [5, 15]
    assert [batch[5], batch[15]] == drawn[:2]
    answer(project, *batch)
    assert [id for id in propose(project, 20, seed=1) if id in drawn] == drawn[2:4]


def test_a_control_document_that_nobody_answered_comes_again(project: Project) -> None:
    first, second = propose(project, 20), propose(project, 20, seed=1)
    drawn = control(project)
    assert [id for id in first if id in drawn] == [id for id in second if id in drawn]


def test_its_proposal_says_in_words_what_it_is_for(project: Project) -> None:
    batch = propose_batch(project, "topic", Ranking("random", 20))
    reasons = {p.document_id: p.reason for p in batch.proposals}
    assert {id for id, reason in reasons.items() if reason == DRAWN_BY_CHANCE} == set(control(project)[:2])


@pytest.fixture
def twenty_families(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """Twenty texts, each ten times with other signs behind."""
    monkeypatch.setattr(catalog, "encoder", lambda name, n_threads: WordEncoder())
    create_project(Home(tmp_path), "c", [Question("topic", "textcat", ("a", "b"))])
    letters = np.random.default_rng(0).choice(list("abcdefghijklmnoprstuw"), size=(20, 5, 6))
    texts = [" ".join("".join(word) for word in words) for words in letters]
    twins = tuple(
        LabelledDocument(Document(f"{n}-{copy}", f"{text}{'!' * copy}"))
        for n, text in enumerate(texts)
        for copy in range(10)
    )
    imported = Imported((), twins, ConversionReport(kept=len(twins)))
    with open_project(Home(tmp_path), "c") as project:
        project.store.import_documents(imported, file_name="f", file_sha256="0" * 64, format="csv")
        yield project


def families_asked(project: Project, n: int) -> tuple[list[str], list[str]]:
    """Return the family of each document that `auto` chose, and of each that chance drew."""
    drawn = set(control(project))
    batch = propose_batch(project, "topic", Ranking("auto", n, 0))
    ids = [proposal.document_id for proposal in batch.proposals]
    chosen, by_chance = ([id.partition("-")[0] for id in ids if (id in drawn) is so] for so in (False, True))
    return chosen, by_chance


def test_auto_asks_no_near_copy_of_a_control_document_that_is_in_the_batch(twenty_families: Project) -> None:
    chosen, by_chance = families_asked(twenty_families, 20)
    assert (len(set(chosen)), len(chosen), len(by_chance)) == (18, 18, 2)
    assert not set(chosen) & set(by_chance)


def test_where_a_batch_is_short_fewer_control_documents_come_with_it(twenty_families: Project) -> None:
    chosen, by_chance = families_asked(twenty_families, 40)
    assert (len(chosen) < 20, len(by_chance)) == (True, 1)


def test_a_small_batch_has_none(project: Project) -> None:
    assert not set(propose(project, 5)) & set(control(project))


def test_when_all_are_answered_a_batch_is_as_large_as_ever(project: Project) -> None:
    answer(project, *control(project))
    batch = propose(project, 20)
    assert len(set(batch)) == 20
    assert not set(batch) & set(control(project))


def test_annotators_get_them_with_the_batch_and_no_others_before_the_pool_is_used_up(
    project: Project,
) -> None:
    batch, drawn = propose(project, 20), control(project)
    queued = [d.id for d in queue_documents(project, ["topic"], "ana", n=200)]
    assert queued[:20] == batch
    n_drawn_early = sum(id in drawn for id in queued[: 200 - len(drawn) + 2])
    assert n_drawn_early == 2
    assert set(queued) == {f"d{n}" for n in range(200)}


def test_no_suggestion_is_shown_whatever_wrote_one(project: Project) -> None:
    drawn = control(project)
    found = [Suggestion(f"d{n}", "run", 0, ("a",), (("a", 0.9),)) for n in range(200)]
    Suggestions(project.store).replace("topic", found)
    shown = suggestions_for(project, "topic", [f"d{n}" for n in range(200)])
    assert not set(shown) & set(drawn)
    assert len(shown) == 200 - len(drawn)


def test_they_are_not_offered_to_answers_in_bulk(project: Project) -> None:
    propose(project, 20)
    for unanswered in (True, False):
        found = find_documents(project, "topic", Filter(only_unanswered=unanswered, annotator="ana"))
        assert not set(found) & set(control(project))


def test_their_answers_are_never_learned_from(project: Project) -> None:
    answer(project, *[f"d{n}" for n in range(200)])
    learned = {example.document_id for example in collect_examples(project, "topic")}
    assert not learned & set(control(project))
    measured = {example.document_id for example in collect_examples(project, "topic", part="control")}
    assert measured == set(control(project))


def test_when_only_control_documents_are_left_they_are_asked_alone(project: Project) -> None:
    drawn = control(project)
    answer(project, *(id for id in project.store.document_ids() if id not in drawn))
    assert propose(project, 12) == drawn[:12]
    answer(project, *drawn)
    with pytest.raises(NotEnoughDataError, match="Every document of the pool is answered or skipped"):
        propose(project, 12)


def test_a_project_without_documents_says_so(tmp_path: Path) -> None:
    create_project(Home(tmp_path), "empty", [Question("topic", "textcat", ("a", "b"))])
    with (
        open_project(Home(tmp_path), "empty") as empty,
        pytest.raises(NotEnoughDataError, match="no documents"),
    ):
        propose(empty, 5)


@pytest.mark.parametrize(
    ("kind", "strategy"), [("ner", "badge"), ("ner", "small-text/breaking-ties"), ("textcat", "mnlp")]
)
def test_a_strategy_that_is_not_for_the_question_is_refused_before_anything_is_trained(
    tmp_path: Path, kind: Kind, strategy: str
) -> None:
    create_project(Home(tmp_path), "q", [Question("topic", kind, ("a", "b"))])
    with (
        open_project(Home(tmp_path), "q") as asked,
        pytest.raises(InputError, match="is not for the question"),
    ):
        propose_batch(asked, "topic", Ranking(strategy, 5))


def test_answers_that_no_batch_asked_are_no_chosen_ones(project: Project) -> None:
    answer(project, *project.store.document_ids())
    with pytest.raises(NotEnoughDataError, match="needs 30 chosen answers to 'topic'; there are 0"):
        measure_gain(project, "topic")
