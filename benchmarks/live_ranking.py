"""Claim: an answer is followed by a new ranking of 20,000 documents within 0.5 s, of 100,000 within 1.5 s.

The documents are made: unit vectors (384 figures, float16 on disk), each somewhere between the random centres of its
label, one of 77, and of another one, so that a linear head is not sure, with noise that leaves neighbours a cosine of
about 0.6; the name of a label is its centre; their texts are ten words drawn by chance, or --words of them. 1,500 are
answered when it begins, and neighbours are found; then every five answers are followed by a ranking with the strategy
`auto`. Refit, score, select and save are its parts; the rest is reading the answers. They run in a process of its
own: MB is the most it held beyond mapped files. The held-out loss is not the claim; the loss of the warm head over
that of a new fit is given beside it. Peer: everything done anew, on the same vectors and answers: answers and pool
read from the store, scikit-learn's LogisticRegression, scores of the whole pool, the same strategy on a sample.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sqlalchemy import insert

from benchmarks.reporting import write_result
from workbench import catalog
from workbench.config import Home
from workbench.domain.annotations import Annotation, new_client_id
from workbench.domain.label_names import names_in_words
from workbench.domain.neighbours import N_NEAREST
from workbench.domain.ports import StrategyInputs
from workbench.domain.questions import Question
from workbench.domain.runs import Batch, Proposal
from workbench.domain.scores import ClassScores
from workbench.learners.linear_head import LinearHead, fit_head
from workbench.learners.warm_head import AnchoredHead, NamedHead, WarmConfig, exclusive_loss
from workbench.store import schema
from workbench.store.neighbours import NeighbourFile
from workbench.store.values import text_sha256
from workbench.store.vectors import VectorFile
from workbench.usecases import rank_live
from workbench.usecases.collect_examples import collect_examples
from workbench.usecases.find_neighbours import MOST_DOCUMENTS, nearest_of
from workbench.usecases.gather_inputs import targets_of
from workbench.usecases.live_pool import LivePool
from workbench.usecases.project import Project, create_project, open_project
from workbench.usecases.rank_live import LiveRanking
from workbench.usecases.unanswered import unanswered

N_LABELS, WIDTH, N_ANSWERED, EVERY, BATCH = 77, 384, 1500, 5, 20
NOISE = 0.8
AT_ONCE = 50_000
LABELS = tuple(f"label-{k:02}" for k in range(N_LABELS))
TOPIC = Question("topic", "textcat", LABELS)
WORDS = [f"{first}{second}" for first in "bdfghklmnprstvw" for second in ("ado", "eni", "ilu", "oma", "uri")]
N_WORDS = 10


def vocabulary(n_words: int) -> list[str]:
    """Return words for texts of so many: of long texts thousands, so that two share about half of their trigrams."""
    if n_words <= N_WORDS:
        return WORDS
    letters = np.random.default_rng(1).choice(list("abcdefghiklmnoprstuw"), (5000, 6))
    return ["".join(word) for word in letters]


def make_pool(project: Project, n: int, n_words: int) -> None:
    """Fill the project with n made documents and their vectors."""
    rng, words = np.random.default_rng(0), vocabulary(n_words)
    centres = rng.normal(size=(N_LABELS, WIDTH))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    file = VectorFile(project.folder / "data" / "vectors", "made", WIDTH)
    file.append(names_in_words(LABELS), centres.astype(np.float32))
    for start in range(0, n, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, n))
        texts = [
            f"{number} " + " ".join(drawn)
            for number, drawn in zip(numbers, rng.choice(words, size=(len(numbers), n_words)), strict=True)
        ]
        share = rng.uniform(0.5, 1.0, size=(len(numbers), 1))
        others = centres[rng.integers(N_LABELS, size=len(numbers))]
        vectors = share * centres[np.array(numbers) % N_LABELS] + (1.0 - share) * others
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors = vectors + NOISE * rng.normal(size=vectors.shape) / np.sqrt(WIDTH)
        file.append(texts, (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32))
        rows = [
            {"position": k, "id": f"d{k}", "text": text, "text_sha256": text_sha256(text), "part": "pool",
             "metadata": "{}"}
            for k, text in zip(numbers, texts, strict=True)
        ]  # fmt: skip
        with project.store.database.write() as connection:
            connection.execute(insert(schema.documents), rows)


def answer(project: Project, numbers: Sequence[int]) -> None:
    """Answer documents rightly."""
    project.store.record(
        [Annotation(new_client_id(), f"d{k}", "topic", "ana", (LABELS[k % N_LABELS],)) for k in numbers]
    )


class Clock:
    """How long parts of the work take, by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)

    def watch(self, owner: Any, attribute: str, name: str) -> None:
        """Time every call of a function from now on."""
        function = getattr(owner, attribute)
        setattr(owner, attribute, self.timed(function, name))

    def timed(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        """Return a function that does the same and is timed."""

        def call(*arguments: Any, **named: Any) -> Any:
            started = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                self.seconds[name].append(time.perf_counter() - started)

        return call

    def last(self, name: str) -> float:
        """Return the seconds of the newest call; 0 when there was none."""
        return self.seconds[name][-1] if self.seconds[name] else 0.0


class Memory(threading.Thread):
    """Looks what this process holds beyond files that it maps (RssAnon of Linux), every few milliseconds."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most_mb = 0.0

    def run(self) -> None:
        """Look until the process ends."""
        while True:
            said = Path("/proc/self/status").read_text()
            self.most_mb = max(self.most_mb, int(said.split("RssAnon:")[1].split()[0]) / 1000)
            time.sleep(0.01)


def live_alone(folder: Path, turns: int) -> tuple[list[dict[str, float]], float]:
    """Rank in this process, which has done nothing else; return each turn's seconds, and the most MB held."""
    clock, memory = Clock(), Memory()
    memory.start()
    clock.watch(LiveRanking, "_model", "refit")
    clock.watch(NamedHead, "score", "score")
    clock.watch(rank_live, "next_batch", "choose")
    clock.watch(rank_live, "replace_batch", "save")
    with open_project(Home(folder), "made") as project:
        return live(project, clock, turns), memory.most_mb


def live(project: Project, clock: Clock, turns: int) -> list[dict[str, float]]:
    """Answer and rank; return the seconds of each part, turn by turn; the first one reads the pool."""
    ranking = LiveRanking(project, "topic")
    rows = []
    for turn in range(turns + 1):
        first = N_ANSWERED + turn * EVERY
        answer(project, range(first, first + EVERY))
        started = time.perf_counter()
        assert ranking.refresh() is not None
        total = time.perf_counter() - started
        row = {name: clock.last(name) for name in ("refit", "score", "save")}
        rows.append({**row, "select": clock.last("choose") - row["score"], "all": total})
    return rows


def keep_neighbours(project: Project) -> None:
    """Find the neighbours of the pool, as the job that embeds it does."""
    pool = LivePool(project, VectorFile(project.folder / "data" / "vectors", "made", WIDTH))
    if len(pool.ids) <= MOST_DOCUMENTS:
        found = nearest_of(pool.vectors_of(pool.ids))
        NeighbourFile(pool.file.folder, pool.texts, n_nearest=N_NEAREST).write(found)


def anew(project: Project, turn: int) -> float:
    """Do everything from the beginning, and return the seconds."""
    started = time.perf_counter()
    file = VectorFile(project.folder / "data" / "vectors", "made", WIDTH)
    examples = collect_examples(project, "topic")
    vectors = file.read(file.rows([example.text for example in examples]))
    targets = targets_of(TOPIC, examples)
    model = LogisticRegression(C=20.0, max_iter=1000).fit(vectors, targets.argmax(axis=1))
    left = unanswered(project, "topic")
    texts = [document.text for document in project.store.documents(ids=left)]
    pool = file.read(file.rows(texts))
    scores = ClassScores(LABELS, model.predict_proba(pool).astype(np.float32))
    inputs = StrategyInputs(len(left), scores, pool, vectors, targets, texts=texts)
    chosen = catalog.strategy("auto")(inputs, BATCH, np.random.default_rng(turn))
    proposals = tuple(Proposal(left[row], 0.0, "") for row in chosen.rows)
    project.store.save_batch(Batch(f"anew-{turn}", "topic", "auto", turn, proposals))
    return time.perf_counter() - started


def loss_over_new_fit(project: Project) -> float:
    """Return the loss of the warm head over that of a new fit, on the answers of the end."""
    file = VectorFile(project.folder / "data" / "vectors", "made", WIDTH)
    examples = collect_examples(project, "topic")
    vectors, targets = file.read(file.rows([e.text for e in examples])), targets_of(TOPIC, examples)
    loss = exclusive_loss(vectors, targets, WarmConfig())

    def of(head: LinearHead) -> float:
        return loss(np.concatenate([head.weights, head.bias[:, None]], axis=1).ravel())[0]

    warm = AnchoredHead().fit(TOPIC, examples, vectors, targets)
    return of(warm) / of(fit_head(TOPIC, vectors, targets, WarmConfig().cold))


def measure(n: int, turns: int, n_words: int) -> list[dict[str, Any]]:
    """Return a row of medians for the live ranking and one for the peer."""
    with tempfile.TemporaryDirectory(prefix="live-") as folder:
        home = Home(Path(folder))
        create_project(home, "made", [TOPIC])
        with open_project(home, "made") as project:
            make_pool(project, n, n_words)
            started = time.perf_counter()
            keep_neighbours(project)
            found_in = time.perf_counter() - started
            answer(project, range(N_ANSWERED))
            proposals = tuple(Proposal(f"d{k}", 0.0, "") for k in range(n - BATCH, n))
            project.store.save_batch(Batch("first", "topic", "auto", 0, proposals))
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
                (first, *turned), most_mb = alone.submit(live_alone, home.root, turns).result()
            ratio = loss_over_new_fit(project)
            peer = [anew(project, turn) for turn in range(min(turns, 3))]
    shown = {f"{name} s": median(row[name] for row in turned) for name in turned[0]}
    once = {"neighbours s, once": found_in, "with the pool read s, once": first["all"], "MB": most_mb}
    slowest = {"slowest s": max(row["all"] for row in turned), "loss over new fit": ratio}
    return [
        {"documents": n, "way": "live", "rankings": len(turned), **shown, **slowest, **once},
        {"documents": n, "way": "anew", "rankings": len(peer), "all s": median(peer), "slowest s": max(peer)},
    ]


def main() -> None:
    """Measure pools of several sizes, and write the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--large", action="store_true", help="also 1,000,000 documents, read from the file")
    parser.add_argument("--rankings", type=int, default=21)
    parser.add_argument(
        "--name", default="", help="of the file in results/, for a run that is not the claim's"
    )
    parser.add_argument("--words", type=int, default=N_WORDS, help="words a document")
    arguments = parser.parse_args()
    sizes = [*arguments.documents, *([1_000_000] if arguments.large else [])]
    rows = [row for n in sizes for row in measure(n, arguments.rankings, arguments.words)]
    usual = "live_ranking" if arguments.words == N_WORDS else "live_ranking_long"
    write_result(
        arguments.name or usual,
        rows,
        words=arguments.words,
        answered=N_ANSWERED,
        labels=N_LABELS,
        every=EVERY,
        data="made",
        limit="0.5 s, 1.5 s",
    )


if __name__ == "__main__":
    main()
