"""Claim: the control sample tells a model's accuracy honestly, without a test set: one hundred simulated projects.

Three in ten of the documents of Banking77, drawn anew for each project, come later: the truth is the accuracy of a
project's last head on them. Of the others a tenth is drawn by the hash of the project's name; the project learns from
batches that `auto` (or --strategy) chooses, with the next control documents mixed in, and judges its last head on the
control answers. The 95 % interval must cover the truth in 90 of 100 projects, and be at most 1.25 times as wide as the
exact binomial interval of as many answers at that accuracy; so must the recalls of labels with at least 30 control
answers. Peer: the out-of-fold accuracy of the chosen answers, which is what there is without a control sample.

`intents`: 77 labels, 5 batches of 100. `topics`: 8 unions of intents, 4 batches of 500. For speed the parts that the
use cases call are called here (the draw, the mixing, the ranking, the figures);
tests/integration/test_control_arm.py goes through the use cases themselves.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.reporting import data_folder, question_of, read_labelled_csv, write_result
from workbench import catalog
from workbench.analysis.control import Estimate, control_figures, exact_interval
from workbench.config import n_training_threads, stay_offline
from workbench.domain.decoding import decode_labels
from workbench.domain.examples import Example
from workbench.domain.neighbours import Neighbours
from workbench.domain.ports import Encoder, Learner, LearnerContext, Model
from workbench.domain.questions import Question
from workbench.domain.scores import ClassScores
from workbench.store.control import place_of
from workbench.store.vectors import CachedEncoder, VectorFile
from workbench.usecases.find_neighbours import nearest_of
from workbench.usecases.gather_inputs import Evidence
from workbench.usecases.judge import judge
from workbench.usecases.measure_gain import Sides, compare_heads
from workbench.usecases.mix_control import n_control
from workbench.usecases.propose_batch import Ranking, rank
from workbench.usecases.score_folds import out_of_fold_scores

SHARE, LATER = 0.1, 0.3
SIZES = (30, 16, 10, 8, 5, 4, 2, 2)  # intents in a topic


@dataclass(frozen=True, slots=True)
class Setting:
    """What the projects ask, of which documents, and how much of it is answered."""

    name: str
    pool: Sequence[Example]
    question: Question
    n_batches: int
    batch: int
    strategy: str
    encoder: Encoder
    neighbours: Neighbours


@dataclass(frozen=True, slots=True)
class Compared:
    """An estimate and the truth behind it."""

    estimate: Estimate
    truth: float

    @property
    def covers(self) -> bool:
        """Whether the interval holds the truth."""
        interval = self.estimate.interval
        return interval is not None and interval.low <= self.truth <= interval.high

    @property
    def width(self) -> float:
        """The width of the interval."""
        interval = self.estimate.interval
        return interval.high - interval.low if interval else 1.0

    @property
    def exact_width(self) -> float:
        """The width of the exact binomial interval of as many answers at the true share."""
        interval = exact_interval(round(self.truth * self.estimate.n), self.estimate.n)
        return interval.high - interval.low if interval else 1.0


def settings(strategy: str, encoder: Encoder) -> list[Setting]:
    """Return what is simulated."""
    folder = data_folder("banking77")
    examples = [e for part in ("train", "test") for e in read_labelled_csv(folder / f"{part}.csv")]
    once = list({example.text: example for example in examples}.values())
    intents = sorted({example.labels[0] for example in once})
    order = np.random.default_rng(0).permutation(len(intents))
    ends = np.cumsum(SIZES)
    topic_of = {
        intents[place]: f"topic-{int(np.searchsorted(ends, n, side='right')) + 1}"
        for n, place in enumerate(order)
    }
    topics = [Example(e.document_id, e.text, (topic_of[e.labels[0]],)) for e in once]
    how = strategy, encoder, nearest_of(encoder.encode([example.text for example in once]))
    return [
        Setting("intents", once, question_of("intent", once), 5, 100, *how),
        Setting("topics", topics, question_of("topic", topics), 4, 500, *how),
    ]


def simulate(learner: Learner, setting: Setting, seed: int, *, with_gain: bool) -> dict[str, Any]:
    """Play one project and return what its control answers say beside the truth."""
    name, rng = f"project-{seed}", np.random.default_rng(seed)
    places = [place_of(name, sha256(example.text.encode()).hexdigest()) for example in setting.pool]
    later = set(rng.permutation(len(places))[: round(LATER * len(places))].tolist())
    drawn = [row for row in np.argsort(places).tolist() if places[row] < SHARE and row not in later]
    left = [row for row in range(len(places)) if places[row] >= SHARE and row not in later]
    chosen: list[int] = []
    control: list[int] = []
    model: Model | None = None
    for number in range(setting.n_batches):
        n = n_control(setting.batch, SHARE)
        control += drawn[number * n : (number + 1) * n]
        chosen += next_chosen(setting, left, chosen, model, n=setting.batch - n, rng=rng)
        known = set(chosen)
        left = [row for row in left if row not in known]
        model = learner.fit({setting.question: [setting.pool[row] for row in chosen]}, seed=0)
    assert model is not None
    rows = chosen, control, sorted(later)
    return compare(learner, setting, model, rows, with_gain=with_gain, seed=seed)


def next_chosen(
    setting: Setting,
    left: Sequence[int],
    chosen: Sequence[int],
    model: Model | None,
    *,
    n: int,
    rng: np.random.Generator,
) -> list[int]:
    """Return the next documents of the pool; the first ones by chance where the strategy needs a model."""
    name = (
        "random"
        if model is None and "scores" in catalog.strategy(setting.strategy).needs
        else setting.strategy
    )
    answered = [setting.pool[row] for row in chosen]
    evidence = Evidence(setting.question, answered, model, setting.encoder, setting.neighbours.among(left))
    seed = int(rng.integers(2**31))
    found = rank([setting.pool[row].text for row in left], Ranking(name, n, seed), evidence)
    return [left[row] for row in found.choice.rows]


def compare(
    learner: Learner,
    setting: Setting,
    model: Model,
    rows: tuple[Sequence[int], Sequence[int], Sequence[int]],
    *,
    with_gain: bool,
    seed: int,
) -> dict[str, Any]:
    """Judge the last head on the control answers, out of fold, and on what came later."""
    question = setting.question
    chosen, control, later = rows
    rest = [setting.pool[row] for row in later]
    answers = [setting.pool[row] for row in control]
    learned = [setting.pool[row] for row in chosen]
    judged = judge(question, answers, scores_of(model, question, answers), basis="control sample")
    figures = control_figures(judged.figures)
    said = decode_labels(scores_of(model, question, rest))
    right = [a == e.labels for a, e in zip(said, rest, strict=True)]
    truth_of = {
        label: statistics.mean(hit for hit, e in zip(right, rest, strict=True) if e.labels == (label,))
        for label in question.labels
    }
    folds = out_of_fold_scores(learner, question, learned, seed=0, rng=np.random.default_rng(seed))
    assert isinstance(folds, ClassScores)
    within = statistics.mean(a == e.labels for a, e in zip(decode_labels(folds), learned, strict=True))
    gain = compare_heads(learner, question, Sides(learned, answers), seed=seed) if with_gain else None
    return {
        "accuracy": Compared(figures.overall[0], statistics.mean(right)),
        "recalls": [Compared(estimate, truth_of[estimate.name]) for estimate in figures.recalls],
        "out of fold": Compared(
            Estimate(
                "accuracy", within, exact_interval(round(within * len(learned)), len(learned)), len(learned)
            ),
            statistics.mean(right),
        ),
        "gain": gain,
    }


def scores_of(model: Model, question: Question, examples: Sequence[Example]) -> ClassScores:
    """Return the scores of the examples' texts."""
    scores = model.score([example.text for example in examples])[question.name]
    assert isinstance(scores, ClassScores)
    return scores


def row_of(setting: str, what: str, found: Sequence[Compared]) -> dict[str, Any]:
    """Return one line of the table."""
    widths, exact = (
        statistics.mean(values) for values in zip(*((c.width, c.exact_width) for c in found), strict=True)
    )
    return {
        "setting": setting,
        "figure": what,
        "n": len(found),
        "answers": statistics.mean(c.estimate.n for c in found),
        "truth": statistics.mean(c.truth for c in found),
        "estimate": statistics.mean(c.estimate.value for c in found),
        "covered": sum(c.covers for c in found) / len(found),
        "width": widths,
        "width / exact": widths / exact,
    }


def gains_of(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what the projects say of the gain in accuracy over random labels."""
    gains = [one["gain"].figures["accuracy"] for one in found if one["gain"] is not None]
    if not gains:
        return {}
    return {
        "projects": len(gains),
        "mean gain in accuracy": statistics.mean(gain.value for gain in gains),
        "mean half width": statistics.mean((gain.high - gain.low) / 2 for gain in gains),
        "share above zero for sure": sum(gain.low > 0 for gain in gains) / len(gains),
        "share below zero for sure": sum(gain.high < 0 for gain in gains) / len(gains),
    }


def main() -> None:
    """Play all projects of all settings and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--projects", type=int, default=100)
    parser.add_argument(
        "--gains", type=int, default=20, help="In how many of them the gain is measured, too."
    )
    parser.add_argument("--strategy", default="auto")
    parser.add_argument(
        "--name", default="", help="of the file in results/, for a run that is not the claim's"
    )
    arguments = parser.parse_args()
    stay_offline()
    rows: list[dict[str, Any]] = []
    gains: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        plain = catalog.encoder("minilm", n_threads=n_training_threads())
        encoder: Encoder = CachedEncoder(plain, VectorFile(Path(scratch), plain.id, plain.width))
        context = LearnerContext(encoder, config={"balance": "none"}, n_threads=n_training_threads())
        for setting in settings(arguments.strategy, encoder):
            learner = catalog.learner("linear", setting.question.kind, context)
            found, started = [], time.perf_counter()
            for seed in range(arguments.projects):
                found.append(simulate(learner, setting, seed, with_gain=seed < arguments.gains))
                spent = time.perf_counter() - started
                print(f"  {setting.name}: project {seed + 1}, {spent:.0f} s", flush=True)
            rows.append(row_of(setting.name, "accuracy", [one["accuracy"] for one in found]))
            if recalls := [compared for one in found for compared in one["recalls"]]:
                rows.append(row_of(setting.name, "recalls of labels with 30 answers", recalls))
            rows.append(
                row_of(setting.name, "peer: accuracy out of fold", [one["out of fold"] for one in found])
            )
            gains[setting.name] = gains_of(found)
    write_result(
        arguments.name or "control_arm",
        rows,
        projects=arguments.projects,
        strategy=arguments.strategy,
        share=SHARE,
        gains=gains,
    )


if __name__ == "__main__":
    main()
