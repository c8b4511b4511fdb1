"""Claim: 20,000 sentences are ranked anew within 3 s of an answer, by `tags` on remembered word vectors.

    .venv/bin/python -m benchmarks.ner_rerank [--sentences 20000] [--answers 1000] [--strategies …]

The sentences are WNUT17's 5,690 and copies of them in which one word is exchanged for another at random: as long as
the real ones, and with vectors of their own. A model of the first answers is at hand; an answer more comes, the head
is refitted from it, all other sentences are scored and a batch of 20 is chosen. Words and sentence vectors are
remembered (how long computing the words takes is said beside it), and they are read from their files each time.
Median of five answers.
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

from benchmarks.reporting import write_result
from benchmarks.wnut17_words import remembered_vectors, remembered_words, wnut17
from workbench import catalog
from workbench.config import stay_offline
from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext
from workbench.domain.questions import Question
from workbench.usecases.gather_inputs import Evidence, wanted
from workbench.usecases.propose_batch import VECTOR_INPUTS, Ranking, rank

BATCH = 20


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
        "answers": n_answers,
        "sentences": len(sentences) - n_answers,
        "s, answer to ranking": statistics.median(both),
        "slowest": max(both),
        "s, refit": statistics.median(refits),
        "s, score and choose": statistics.median(ranks),
    }


def main() -> None:
    """Measure each strategy and write down the seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=20_000)
    parser.add_argument("--answers", type=int, default=1_000)
    parser.add_argument("--strategies", nargs="*", default=["margin", "total-token-entropy", "mnlp", "auto"])
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
    write_result(
        "ner_rerank", rows, n_words=n_words, bytes_a_word=n_bytes / n_words, s_to_compute_the_words=encoding
    )


if __name__ == "__main__":
    main()
