"""The pool of sentences is ranked anew while people mark entities."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text as sql

from tests.unit.usecases.live_desk import TOPIC, add_texts, ids, propose, text_of
from tests.unit.usecases.live_desk import embed as embed_sentences
from tests.unit.usecases.ner_desk import NAMES, MadeWords, answer, embed_words, ner_desk, spans_of
from workbench.domain.annotations import Annotation
from workbench.domain.questions import LabelChange
from workbench.domain.runs import Batch, Proposal, Run
from workbench.domain.scores import TokenScores
from workbench.domain.settings import QuestionSettings
from workbench.domain.word_vectors import WordVectors
from workbench.store.jobs import Jobs
from workbench.store.suggestions import Suggestions
from workbench.store.word_vectors import WordVectorFile
from workbench.usecases import live_heads, score_pool
from workbench.usecases.live_heads import joined_scores
from workbench.usecases.live_inputs import LiveView
from workbench.usecases.live_rules import why_not_live
from workbench.usecases.project import Project
from workbench.usecases.rank_live import LiveRanking, LiveRankings, open_pool
from workbench.usecases.replay import replay
from workbench.usecases.set_question import set_question


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Project]:
    with ner_desk(tmp_path) as project:
        yield project


def test_after_five_answers_the_sentences_are_ranked_anew_by_a_named_head(desk: Project) -> None:
    live = LiveRanking(desk, "topic")
    answer(desk, ids(10, 14))
    assert live.refresh() is None, "four answers are too few"
    answer(desk, ids(14, 15))
    batch = live.refresh()
    assert batch is not None
    assert batch == desk.store.latest_batch("topic")
    assert (batch.strategy, batch.seed, len(batch.proposals)) == ("auto", 15, 10)
    assert not {p.document_id for p in batch.proposals} & set(ids(0, 15))
    assert (batch.run or "").startswith("topic-live-")
    assert desk.store.runs() == []
    assert batch.recipe["live"] == {
        "sampled": True,
        "names": False,
        "head": {"c": 3.0, "offset": 0.5},
        "without_vector": 0,
        "words": "made-words",
    }


def test_a_process_that_was_killed_is_followed_by_one_that_ranks_alike(tmp_path: Path) -> None:
    def ranked(root: Path, *, killed: bool) -> list[tuple[str | None, list[tuple[str, float]]]]:
        found = []
        with ner_desk(root, n=300) as project:
            propose(project, ids(20, 30), strategy="margin", id="second")
            answer(project, ids(20, 195))
            live = LiveRanking(project, "topic")
            for start in range(195, 215, 5):
                answer(project, ids(start, start + 5))
                live = LiveRanking(project, "topic") if killed else live
                batch = live.refresh()
                assert batch is not None
                live.prepare()
                found.append((batch.run, [(p.document_id, p.utility) for p in batch.proposals]))
        return found

    assert ranked(tmp_path / "one", killed=False) == ranked(tmp_path / "two", killed=True)


def test_proposed_sentences_get_the_spans_of_who_ranked_them(desk: Project) -> None:
    answer(desk, ids(10, 40))
    batch = LiveRanking(desk, "topic").refresh()
    assert batch is not None
    proposed = [p.document_id for p in batch.proposals]
    found = Suggestions(desk.store).of("topic", ids(0, 80))
    assert set(found) == set(proposed), "only of what is proposed"
    assert {one.run for one in found.values()} == {batch.run}
    said = [(id, span) for id, one in found.items() for span in one.spans]
    right = [(id, span) for id in proposed for span in spans_of(id)]
    assert len(set(said) & set(right)) > 0.8 * len(right) > 0
    assert all(len(one.sureness) == len(one.spans) for one in found.values())


@pytest.mark.parametrize(
    "strategy", ["margin", "mnlp", "total-token-entropy", "cluster-margin", "rare-first", "core-set"]
)
def test_the_strategy_of_the_newest_batch_goes_on(desk: Project, strategy: str) -> None:
    propose(desk, ids(20, 32), strategy=strategy, id="second")
    answer(desk, ids(10, 15))
    batch = LiveRanking(desk, "topic").refresh()
    assert batch is not None
    assert (batch.strategy, len(batch.proposals)) == (strategy, 12)


@pytest.mark.parametrize("strategy", ["badge", "contrastive", "bald"])
def test_strategies_of_labels_are_not_followed(desk: Project, strategy: str) -> None:
    propose(desk, ids(20, 30), strategy=strategy, id="second")
    answer(desk, ids(10, 15))
    assert f"'{strategy}'" in why_not_live(desk, "topic")
    assert LiveRanking(desk, "topic").refresh() is None


def test_answers_without_any_entity_rank_nothing(tmp_path: Path) -> None:
    with ner_desk(tmp_path) as project:
        answer(project, ids(0, 15), spans=(), turn=1)
        live = LiveRanking(project, "topic")
        assert live.refresh() is None
        answer(project, ["d15"])
        assert live.refresh() is not None


def test_sentences_without_word_vectors_are_left_out_and_counted(desk: Project) -> None:
    live = LiveRanking(desk, "topic")
    add_texts(desk, ids(80, 90))
    embed_sentences(desk, ids(80, 90))
    answer(desk, ids(10, 75))
    first = live.refresh()
    assert first is not None
    assert (live.without_vector, live.wants_work) == (10, True)
    assert {p.document_id for p in first.proposals} == set(ids(75, 80))
    embed_words(desk, ids(80, 90))
    answer(desk, ids(75, 80))
    second = live.refresh()
    assert second is not None
    assert live.without_vector == 0
    assert {p.document_id for p in second.proposals} == set(ids(80, 90))


def test_what_takes_long_is_done_after_the_batch_is_saved(
    desk: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared: list[tuple[str | None, int]] = []

    def noted(heads: object, view: LiveView) -> None:
        newest = desk.store.latest_batch("topic")
        assert newest is not None
        prepared.append((newest.id, len(view.answered)))

    monkeypatch.setattr(live_heads.TagHeads, "prepare", noted)
    rankings = LiveRankings(desk)
    answer(desk, ids(10, 15))
    (batch,) = rankings.look()
    assert prepared == [(batch.id, 15)]
    answer(desk, ["d15"])
    assert rankings.look() == []
    assert len(prepared) == 1


def test_words_are_those_of_the_sentence_also_behind_one_that_is_left_out(desk: Project) -> None:
    add_texts(desk, ids(80, 90))
    embed_sentences(desk, ids(80, 90))
    embed_words(desk, ids(85, 90))
    pool = open_pool(desk, NAMES)
    assert pool is not None
    places = np.array([2, pool.place_of["d86"]])
    wanted = MadeWords().encode_words([text_of("d2"), text_of("d86")])
    np.testing.assert_array_equal(pool.words_at(places).codes, wanted.codes)
    assert open_pool(desk, TOPIC).words is None  # type: ignore[union-attr]


def test_where_there_are_no_word_vectors_a_job_is_asked_for_that_makes_them(desk: Project) -> None:
    for path in (desk.folder / "data" / "words").rglob("*"):
        if path.is_file():
            path.unlink()
    rankings = LiveRankings(desk)
    answer(desk, ids(10, 15))
    assert rankings.look() == []
    answer(desk, ids(15, 20))
    assert rankings.look() == []
    assert [(job.verb, job.arguments) for job in Jobs(desk.store).list()] == [
        ("embed", {"encoder_name": "minilm"})
    ]


def test_the_words_of_most_texts_are_ranked_by(desk: Project) -> None:
    embed_words(desk, ids(0, 79), encoder="a")
    embed_words(desk, ids(100, 300), encoder="b")  # of other texts
    answer(desk, ids(10, 15))
    batch = LiveRanking(desk, "topic").refresh()
    assert batch is not None
    assert batch.recipe["live"]["words"] == "made-words"


def test_changed_labels_are_learned_anew(desk: Project) -> None:
    answer(desk, ids(10, 60))
    live = LiveRanking(desk, "topic")
    first = live.refresh()
    desk.store.change_labels("topic", LabelChange("merge", ("PER", "LOC"), ("NAME",)))
    desk.store.record([Annotation(f"x{i}", f"d{i}", "topic", "ada", label_version=1) for i in range(60, 65)])
    second = live.refresh()
    assert first is not None
    assert second is not None
    assert first.run != second.run
    found = Suggestions(desk.store).of("topic", [p.document_id for p in second.proposals])
    assert {span.label for one in found.values() for span in one.spans} == {"NAME"}


def test_a_large_pool_is_scored_in_pieces(desk: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def ranked() -> list[str]:
        propose(desk, ids(20, 30), strategy="margin", id=str(live_heads.SENTENCES_AT_ONCE))
        answer(desk, ids(10, 15), turn=live_heads.SENTENCES_AT_ONCE)
        batch = LiveRanking(desk, "topic").refresh()
        assert batch is not None
        return [p.document_id for p in batch.proposals]

    read: list[int] = []
    read_all = WordVectorFile.read

    def counted(file: WordVectorFile, rows: np.ndarray) -> WordVectors:
        read.append(len(rows))
        return read_all(file, rows)

    whole = ranked()
    monkeypatch.setattr(live_heads, "SENTENCES_AT_ONCE", 30)
    monkeypatch.setattr(WordVectorFile, "read", counted)
    assert ranked() == whole
    assert read == [15, 30, 30, 5], "the answers, then the open sentences"


def test_no_sentences_have_no_scores() -> None:
    scores = joined_scores(("PER", "LOC"), [])
    assert (len(scores), scores.flat[0].shape) == (0, (0, 5))


def test_who_switched_it_off_is_not_ranked(desk: Project) -> None:
    assert why_not_live(desk, "topic") == ""
    set_question(desk, "topic", QuestionSettings(live=False))
    assert "switched off" in why_not_live(desk, "topic")


@pytest.mark.slow
def test_the_ranker_imports_no_torch(desk: Project) -> None:
    answer(desk, ids(10, 15))
    program = """
import sys
from pathlib import Path
import workbench.worker.resident
from workbench.usecases.project import open_folder
from workbench.usecases.rank_live import LiveRankings
with open_folder(Path(sys.argv[1])) as project:
    assert len(LiveRankings(project).look()) == 1
heavy = {"torch", "transformers", "setfit", "spacy", "onnxruntime", "tokenizers"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", program, str(desk.folder)], check=True, timeout=60)


def test_a_batch_about_parts_of_sentences_is_followed_by_one_and_replayed(desk: Project) -> None:
    proposals = tuple(Proposal(id, 0.5, "because") for id in ids(20, 32))
    recipe = {"ranking": {"spans": True}}
    desk.store.save_batch(Batch("parts", "topic", "margin", 0, proposals, recipe=recipe))
    answer(desk, ids(10, 20))
    batch = LiveRanking(desk, "topic").refresh()
    assert batch is not None
    assert batch.recipe["ranking"]["spans"] is True
    asked = [(text_of(p.document_id), p.scope) for p in batch.proposals if p.scope is not None]
    assert asked, "the words that the head doubts"
    assert all(0 <= start < end <= len(text) for text, scope in asked for start, end in scope)
    assert list(replay(desk, "topic"))[-1].state == "same"
    with desk.store.database.write() as connection:
        connection.execute(sql("UPDATE proposals SET scope = '[[0, 1]]' WHERE scope IS NOT NULL"))
    assert "other words are asked" in " ".join(list(replay(desk, "topic"))[-1].remarks)


class Sharp:
    """A tagger that is sure that no word is an entity, and doubts every word of one sentence."""

    def __init__(self, doubted: str) -> None:
        self.doubted = doubted

    def score(self, texts: Sequence[str]) -> Mapping[str, TokenScores]:
        words = MadeWords().encode_words(texts)
        flat = np.tile(np.array([0.97, 0.01, 0.01, 0.005, 0.005], np.float32), (len(words.words), 1))
        place = texts.index(text_of(self.doubted)) if text_of(self.doubted) in texts else None
        if place is not None:
            flat[words.bounds[place] : words.bounds[place + 1]] = [0.4, 0.5, 0.0, 0.1, 0.0]
        return {"topic": TokenScores.of_flat(NAMES.labels, words.words, flat, words.bounds)}


def test_a_better_tagger_takes_over_once_the_words_of_the_pool_are_scored_and_is_replayed(
    desk: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_pool, "load_model", lambda project, run: Sharp("d44"))
    monkeypatch.setattr(score_pool, "AT_ONCE", 7)
    for learner, figure in (("tags", 0.4), ("bert", 0.5)):
        figures = {"strict_f1": figure}
        desk.store.save_run(
            Run(f"topic-{learner}-1", "topic", learner, 0, NAMES.labels, 0, 20, "0" * 64, figures=figures)
        )
    propose(desk, ids(20, 32), strategy="mnlp", id="second")
    live = LiveRanking(desk, "topic")
    answer(desk, ids(10, 15))
    first = live.refresh()
    assert first is not None
    assert (first.run or "").startswith("topic-live-"), "nobody scored the pool yet"
    (job,) = Jobs(desk.store).list()
    assert score_pool.run_job(desk.folder, dict(job.arguments), lambda *_: None) == {"n_documents": 80}
    answer(desk, ids(15, 20))
    second = live.refresh()
    assert second is not None
    assert (second.run, second.proposals[0].document_id) == ("topic-bert-1", "d44")
    said = Suggestions(desk.store).of("topic", ["d44"])["d44"]
    assert (said.run, {span.label for span in said.spans}) == ("topic-bert-1", {"PER"})
    assert len(said.spans) == len(text_of("d44").split())
    assert [replayed.state for replayed in replay(desk, "topic")][-1] == "same"
