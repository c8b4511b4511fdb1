"""Claim: 20,000 sentences are ranked anew within 3 s of an answer, by `tags` on remembered word vectors.

    .venv/bin/python -m benchmarks.ner_rerank [--sentences 20000] [--answers 1000] [--strategies …]

The sentences are WNUT17's 5,690 and copies of them in which one word is exchanged for another at random: as long as
the real ones, and with vectors of their own. A model of the first answers is at hand; an answer more comes, the head
is refitted from it, all other sentences are scored and a batch of 20 is chosen. Words and sentence vectors are
remembered (how long computing the words takes is said beside it), and they are read from their files each time.
Median of five answers.

The rows "resident" are the live ranking of a project end to end: five answers are recorded, then `LiveRanking.refresh`
reads them, fits, scores, chooses, and writes the batch with its suggestions. Median of 21
rankings; in the pause after one of them the next anchor is fitted ("ahead"), which is not part of the time. Neighbours
were found before. "first" is the ranking of a process that has just been started.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert

from benchmarks.live_ranking import Clock
from benchmarks.reporting import write_result
from benchmarks.wnut17_words import remembered_vectors, remembered_words, wnut17
from workbench import catalog
from workbench.config import Home, stay_offline
from workbench.domain.annotations import Annotation, new_client_id
from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext
from workbench.domain.questions import Question
from workbench.domain.runs import Batch, Proposal
from workbench.store import schema
from workbench.store.values import text_sha256
from workbench.usecases.find_neighbours import neighbours_among
from workbench.usecases.gather_inputs import Evidence, wanted
from workbench.usecases.project import Project, create_project, open_project
from workbench.usecases.propose_batch import VECTOR_INPUTS, Ranking, rank
from workbench.usecases.rank_live import LiveRanking

BATCH, EVERY, RANKINGS = 20, 5, 21


def many_sentences(examples: Sequence[Example], n: int) -> list[Example]:
    """Return n different sentences: the examples with their spans, then ones with a word exchanged, without spans."""
    rng = np.random.default_rng(0)
    found = {example.text: example for example in examples if example.text}
    single = list(found)
    vocabulary = sorted({word for text in single for word in text.split()})
    while len(found) < n:
        words = single[rng.integers(len(single))].split()
        words[rng.integers(len(words))] = vocabulary[rng.integers(len(vocabulary))]
        text = " ".join(words)
        found.setdefault(text, Example(f"edited-{len(found)}", text))
    return list(found.values())[:n]


def measured(
    question: Question, sentences: Sequence[Example], n_answers: int, *, context: LearnerContext, strategy: str,
    encoder: Any,
) -> dict[str, Any]:  # fmt: skip
    """Answer one sentence more five times, and return the seconds of each part."""
    learner = catalog.learner("tags", "ner", context)
    model = learner.fit({question: sentences[:n_answers]}, seed=0)
    refits, ranks = [], []
    for number in range(1, 6):
        answered, left = sentences[: n_answers + number], sentences[n_answers + number :]
        started = time.perf_counter()
        model = learner.fit({question: answered}, seed=0, start=model)  # type: ignore[call-arg]
        refitted = time.perf_counter()
        evidence = Evidence(question, answered, model, encoder)
        ranked = rank([example.text for example in left], Ranking(strategy, BATCH, number), evidence)
        ranks.append(time.perf_counter() - refitted)
        refits.append(refitted - started)
        assert len(ranked.choice.rows) == BATCH
    both = [a + b for a, b in zip(refits, ranks, strict=True)]
    return {
        "strategy": strategy,
        "way": "parts",
        "answers": n_answers,
        "sentences": len(sentences) - n_answers,
        "s, answer to ranking": statistics.median(both),
        "slowest": max(both),
        "s, refit": statistics.median(refits),
        "s, score and choose": statistics.median(ranks),
    }


def project_of(home: Home, question: Question, sentences: Sequence[Example], folder: Path) -> None:
    """Make a project of these sentences, whose vectors are those of a folder."""
    made = create_project(home, "made", [question])
    (made / "data").mkdir(exist_ok=True)
    for name in ("words", "vectors"):
        (made / "data" / name).symlink_to(folder.resolve() / name)
    with open_project(home, "made") as project:
        rows = [
            {"position": k, "id": f"d{k}", "text": one.text, "text_sha256": text_sha256(one.text), "part": "pool",
             "metadata": "{}"}
            for k, one in enumerate(sentences)
        ]  # fmt: skip
        with project.store.database.write() as connection:
            connection.execute(insert(schema.documents), rows)
        neighbours_among(project, remembered_vectors(folder / "vectors"), ())


def answer(
    project: Project, question: Question, sentences: Sequence[Example], numbers: Sequence[int]
) -> None:
    """Answer sentences rightly."""
    project.store.record(
        [
            Annotation(new_client_id(), f"d{k}", question.name, "ana", spans=sentences[k].spans)
            for k in numbers
        ]
    )


def resident(
    home: Home, question: Question, sentences: Sequence[Example], *, done: int, strategy: str
) -> dict[str, Any]:
    """Answer five sentences and rank, again and again, from `done` answers on; return the seconds of each part."""
    clock = Clock()
    seconds: list[float] = []
    ahead: list[float] = []
    with open_project(home, "made") as project:
        proposals = tuple(Proposal(f"d{k}", 0.0, "") for k in range(len(sentences) - BATCH, len(sentences)))
        project.store.save_batch(Batch(f"first-{strategy}", question.name, strategy, 0, proposals))
        ranking = LiveRanking(project, question.name)
        ranking._model = clock.timed(ranking._model, "refit")  # type: ignore[method-assign]
        for turn in range(RANKINGS + 1):
            answer(project, question, sentences, range(done + EVERY * turn, done + EVERY * (turn + 1)))
            started = time.perf_counter()
            assert ranking.refresh() is not None
            seconds.append(time.perf_counter() - started)
            started = time.perf_counter()
            ranking.prepare()
            ahead.append(time.perf_counter() - started)
    return {
        "strategy": strategy,
        "way": "resident",
        "answers": done,
        "sentences": len(sentences) - done,
        "s, answer to ranking": statistics.median(seconds[1:]),
        "slowest": max(seconds[1:]),
        "first": seconds[0],
        "s, anchor fitted ahead": max(ahead),
        "s, refit": statistics.median(clock.seconds["refit"][1:]),
    }


def all_resident(
    question: Question, sentences: Sequence[Example], options: argparse.Namespace, folder: Path
) -> list[dict[str, Any]]:
    """Return a row a strategy, each with more answers than the one before it."""
    remembered_vectors(folder / "vectors").encode([example.text for example in sentences])
    done, rows = options.answers, []
    with tempfile.TemporaryDirectory(prefix="live-") as scratch:
        home = Home(Path(scratch))
        project_of(home, question, sentences, folder)
        with open_project(home, "made") as project:
            answer(project, question, sentences, range(done))
        for strategy in options.strategies:
            rows.append(resident(home, question, sentences, done=done, strategy=strategy))
            done += EVERY * (RANKINGS + 1)
    return rows


def main() -> None:
    """Measure each strategy and write down the seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=20_000)
    parser.add_argument("--answers", type=int, default=1_000)
    parser.add_argument("--strategies", nargs="*", default=["margin", "total-token-entropy", "mnlp", "auto"])
    parser.add_argument(
        "--name", default="", help="of the file in results/, for a run that is not the claim's"
    )
    parser.add_argument("--folder", type=Path, help="where vectors are kept between runs")
    options = parser.parse_args()
    stay_offline()
    question, parts = wnut17()
    sentences = many_sentences(
        [e for part in parts.values() for e in part], options.sentences + options.answers
    )
    texts = [example.text for example in sentences]
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        were_kept = (folder / "words").exists()
        words = remembered_words(folder / "words")
        started = time.perf_counter()
        n_words = int(words.encode_words(texts).bounds[-1])
        encoding = time.perf_counter() - started
        n_bytes = sum(path.stat().st_size for path in (folder / "words").rglob("*") if path.is_file())
        context = LearnerContext(words=words)
        rows = []
        for strategy in options.strategies:
            needs = wanted(catalog.strategy(strategy)) & VECTOR_INPUTS
            encoder = remembered_vectors(folder / "vectors") if needs else None
            if encoder is not None:
                encoder.encode(texts)
            rows.append(
                measured(
                    question, sentences, options.answers, context=context, strategy=strategy, encoder=encoder
                )
            )
        rows += all_resident(question, sentences, options, folder)
    write_result(
        options.name or "ner_rerank",
        rows,
        n_words=n_words,
        bytes_a_word=n_bytes / n_words,
        s_to_compute_the_words=None if were_kept else encoding,
    )


if __name__ == "__main__":
    main()
