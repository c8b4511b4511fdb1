"""Claim: asking only the doubtful words of a sentence takes fewer annotated tokens than asking whole sentences.

    .venv/bin/python -m benchmarks.wnut17_parts [--seeds 5] [--strategies margin mnlp] [--judge dev]

The simulated annotation of `wnut17_labels`, with the same seeds, rounds and goal (97 % of the strict F1 of `tags`
with all answers), twice: sentences are asked whole, or as `workbench propose --spans` asks them. In parts, the known
answer is given inside the scope only and its tokens alone are paid for; where an entity reaches over the edge of the
scope, the annotator marks all of the sentence and all of its tokens are paid for.
The first round is drawn at random and asked whole in both. What an annotator reads without being asked costs nothing
here, so the sentences are counted too (`sentences`, after each round). Writes JSON and a table.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.label_efficiency import interval
from benchmarks.reporting import write_result
from benchmarks.wnut17_labels import GOAL, HIDDEN, SHARES, Trial, row_of
from benchmarks.wnut17_words import n_tokens, remembered_vectors, remembered_words, wnut17
from workbench.config import n_training_threads, stay_offline
from workbench.domain.annotations import Scope
from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext, Model
from workbench.domain.scores import TokenScores
from workbench.strategies.scopes import doubtful_scope
from workbench.usecases.gather_inputs import Evidence
from workbench.usecases.propose_batch import Ranking, rank

ENOUGH = 6  # times the sentences that would be paid for at full length


@dataclass(slots=True)
class Life:
    """One simulated annotation: what is left to ask, what was answered, what was paid."""

    left: list[int]
    answers: list[Example] = field(default_factory=list)
    paid: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    n_asked: list[int] = field(default_factory=list)  # sentences after each round


def answer(example: Example, scope: Scope | None) -> Example:
    """Return what the oracle says: of the scope, or of all when an entity reaches over an edge.

    >>> from workbench.domain.spans import Span
    >>> text = "Ana is in New York"
    >>> known = Example("d", text, spans=(Span.of(text, 0, 3, "PER"), Span.of(text, 10, 18, "LOC")))
    >>> [len(answer(known, scope).spans) for scope in (((0, 6),), ((7, 18),), ((0, 13),), None)]
    [1, 1, 2, 2]
    >>> answer(known, ((0, 13),)).scope is None
    True
    """
    parts = scope or ((0, len(example.text)),)
    inside = [s for s in example.spans if any(a <= s.start and s.end <= b for a, b in parts)]
    touched = [s for s in example.spans if any(s.start < b and a < s.end for a, b in parts)]
    return replace(example, spans=tuple(inside), scope=scope) if inside == touched else example


def cost(example: Example) -> int:
    """Return how many tokens are paid for: WNUT17's own, between spaces.

    >>> cost(Example("d", "Ana is in New York", scope=((0, 6), (10, 13)))), cost(Example("d", "Ana is"))
    (3, 2)
    """
    return sum(len(example.text[a:b].split()) for a, b in example.scope or ((0, len(example.text)),))


def ask(trial: Trial, life: Life, room: int, *, how: tuple[str, bool, int], model: Model | None) -> None:
    """Ask as much as `room` tokens pay for; `how` has the strategy, whether in parts, and a seed."""
    strategy, in_parts, seed = how
    mean = float(np.mean(n_tokens(trial.pool)))
    n = min(len(life.left), max(50, ENOUGH * room // max(1, int(mean))))
    texts = [trial.pool[row].text for row in life.left]
    evidence = Evidence(trial.question, life.answers, model, trial.encoder)
    ranked = rank(texts, Ranking(strategy if model is not None else "random", n, seed), evidence)
    taken = set()
    for place in ranked.choice.rows.tolist():
        if room <= 0:
            break
        scores, scope = ranked.scores, None
        if in_parts and isinstance(scores, TokenScores):
            scope = doubtful_scope(scores.documents[place], scores.labels, texts[place])
        said = answer(trial.pool[life.left[place]], scope)
        life.counts["asked in part"] += scope is not None
        life.counts["marked whole"] += scope is not None and said.scope is None
        life.answers.append(said)
        life.paid += cost(said)
        room -= cost(said)
        taken.add(life.left[place])
    life.left = [row for row in life.left if row not in taken]


def curve(trial: Trial, how: tuple[str, bool], seed: int) -> tuple[list[float], Life]:
    """Return the figure after each round of one simulated annotation, and what became of it."""
    total = sum(n_tokens(trial.pool))
    n_open = round((1.0 - HIDDEN) * len(trial.pool))
    life = Life(sorted(np.random.default_rng(seed).permutation(len(trial.pool))[:n_open].tolist()))
    model: Model | None = None
    values: list[float] = []
    for number, share in enumerate(SHARES):
        room = int(share * total) - life.paid
        if life.left and room > 0:
            ask(trial, life, room, how=(*how, 1000 * seed + number), model=model)
            model = fitted(trial, life.answers, seed)
        assert model is not None
        life.n_asked.append(len(life.answers))
        values.append(trial.figure(model))
    return values, life


def fitted(trial: Trial, answers: Sequence[Example], seed: int) -> Model:
    """Fit on the answers."""
    return replace(trial, pool=answers).fit(range(len(answers)), seed)


def summary(strategy: str, in_parts: bool, runs: Sequence[tuple[list[float], Life]], *, goal: float,
            tokens: int) -> dict[str, Any]:  # fmt: skip
    """Return a line of the table; the means of sentences stand for each round, those of tokens at the last."""
    name = f"{strategy}, {'in parts' if in_parts else 'whole'}"
    lives = [life for _, life in runs]
    return {
        **row_of(name, SHARES, [values for values, _ in runs], goal),
        "sentences": np.mean([life.n_asked for life in lives], axis=0).round().astype(int).tolist(),
        "tokens paid": float(np.mean([life.paid / tokens for life in lives])),
        "asked in part": float(np.mean([life.counts["asked in part"] for life in lives])),
        "of these marked whole": float(np.mean([life.counts["marked whole"] for life in lives])),
    }


def difference(whole: dict[str, Any], parts: dict[str, Any]) -> tuple[float, float] | None:
    """Return mean and 95 % t half-width of parts minus whole, over the seeds at which both reach the goal."""
    pairs = zip(whole["by seed"], parts["by seed"], strict=True)
    found = [b - a for a, b in pairs if a is not None and b is not None]
    return interval(found) if found else None


def main() -> None:
    """Ask whole sentences and parts with every strategy and seed, and write down what their tokens bought."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strategies", nargs="*", default=["margin", "mnlp"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--judge", default="test", choices=["dev", "test"])
    parser.add_argument("--name", default="wnut17_parts")
    parser.add_argument("--folder", type=Path, help="where vectors are kept between runs")
    options = parser.parse_args()
    stay_offline()
    question, parts = wnut17()
    pool = parts["train"]
    tokens = sum(n_tokens(pool))
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        context = LearnerContext(n_threads=n_training_threads(), words=remembered_words(folder / "words"))
        encoder = remembered_vectors(folder / "vectors")
        trial = Trial(question, pool, parts[options.judge], context, "tags", encoder)
        full = trial.figure(fitted(trial, pool, 0))
        print(f"  with all answers {full:.4f}, the goal is {GOAL * full:.4f}", flush=True)
        rows, differences = [], {}
        for strategy in options.strategies:
            both = [
                summary(strategy, in_parts, _runs(trial, strategy, in_parts, options.seeds), goal=GOAL * full,
                        tokens=tokens)
                for in_parts in (False, True)
            ]  # fmt: skip
            rows += both
            differences[strategy] = difference(*both)
            write_result(
                options.name, rows, learner="tags", judged_on=options.judge, strict_f1_of_all_answers=full,
                goal=GOAL * full, shares=list(SHARES), tokens=tokens, seeds=options.seeds,
                parts_minus_whole=differences,
            )  # fmt: skip


def _runs(trial: Trial, strategy: str, in_parts: bool, n_seeds: int) -> list[tuple[list[float], Life]]:
    runs = []
    for seed in range(n_seeds):
        started = time.monotonic()
        values, life = curve(trial, (strategy, in_parts), seed)
        runs.append((values, life))
        shown = " ".join(f"{value:.3f}" for value in values)
        what = f"{len(life.answers)} sentences, {dict(life.counts)}"
        print(
            f"  {strategy}, {in_parts}, {seed}: {shown} ({what}; {time.monotonic() - started:.0f} s)",
            flush=True,
        )
    return runs


if __name__ == "__main__":
    main()
