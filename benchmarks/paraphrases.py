"""Claim: where every document has twenty near-copies, no batch of `auto` asks about two of a family.

A family is a row of Banking77 and twenty copies with small edits: one to three of a letter left out, doubled or
swapped, a word left out or moved, other signs or capitals, a polite word before or behind; the edits are
drawn by chance. 200 families, so 4,200 texts, drawn with the seed; five batches of 40, the head learns the right
answers between them, real MiniLM vectors. Counted are the documents of a batch beyond the first of their family.
With --footer every text ends with the same sixty words, which must not make all of them one family.
Peers: the other strategies on the same texts.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.reporting import data_folder, question_of, read_labelled_csv, write_result
from workbench import catalog
from workbench.config import n_training_threads, stay_offline
from workbench.domain.examples import Example
from workbench.store.vectors import CachedEncoder, VectorFile
from workbench.usecases.simulate import Simulation, simulate_on

STRATEGIES = ("auto", "random", "margin", "cluster-margin", "typiclust", "badge")
N_FAMILIES, N_COPIES, BATCH, ROUNDS = 200, 20, 40, 5
POLITE = ("please", "hello", "hi there", "thanks", "sorry")
FOOTER = (
    "-- This message is meant for the person it is addressed to and for nobody else. Whoever got it by mistake should "
    "tell us and delete it without reading on. We look for harmful programs in what we send, but cannot promise "
    "that none came on its way. Before you print this page, think whether you need it on paper."
)
Edit = Callable[[list[str], np.random.Generator], list[str]]


def without_letter(words: list[str], rng: np.random.Generator) -> list[str]:
    """Leave a letter of a word out."""
    return _changed(words, rng, lambda word, k: word[:k] + word[k + 1 :])


def doubled_letter(words: list[str], rng: np.random.Generator) -> list[str]:
    """Write a letter twice."""
    return _changed(words, rng, lambda word, k: word[:k] + word[k : k + 1] + word[k:])


def swapped_letters(words: list[str], rng: np.random.Generator) -> list[str]:
    """Swap a letter with the next one."""
    return _changed(
        words, rng, lambda word, k: word[:k] + word[k + 1 : k + 2] + word[k : k + 1] + word[k + 2 :]
    )


def without_word(words: list[str], rng: np.random.Generator) -> list[str]:
    """Leave a word out of a text of more than four."""
    place = int(rng.integers(len(words)))
    return words[:place] + words[place + 1 :] if len(words) > 4 else words


def moved_word(words: list[str], rng: np.random.Generator) -> list[str]:
    """Put a word somewhere else."""
    left = list(words)
    word = left.pop(int(rng.integers(len(left))))
    left.insert(int(rng.integers(len(left) + 1)), word)
    return left


def other_signs(words: list[str], rng: np.random.Generator) -> list[str]:
    """End with another sign."""
    return [*words[:-1], words[-1].rstrip(".?!") + str(rng.choice(["", "!", "?", "...", "??"]))]


def capitals(words: list[str], rng: np.random.Generator) -> list[str]:
    """Write all of it in small or all of it in capital letters."""
    return [word.upper() for word in words] if rng.random() < 0.3 else [word.lower() for word in words]


def politely(words: list[str], rng: np.random.Generator) -> list[str]:
    """Say a polite word before or behind."""
    said = str(rng.choice(POLITE))
    return [said, *words] if rng.random() < 0.5 else [*words, said]


EDITS: tuple[Edit, ...] = (
    without_letter, doubled_letter, swapped_letters, without_word, moved_word, other_signs, capitals, politely,
)  # fmt: skip


def _changed(words: list[str], rng: np.random.Generator, change: Callable[[str, int], str]) -> list[str]:
    place = int(rng.integers(len(words)))
    word = words[place]
    return [*words[:place], change(word, int(rng.integers(len(word)))), *words[place + 1 :]]


def family(example: Example, number: int, rng: np.random.Generator) -> list[Example]:
    """Return a text and its copies, each with one to three edits."""
    texts = [example.text]
    while len(texts) <= N_COPIES:
        words = example.text.split()
        for edit in rng.choice(len(EDITS), size=int(rng.integers(1, 4))):
            words = [word for word in EDITS[edit](words, rng) if word]
        texts.append(" ".join(words))
    return [Example(f"{number}-{copy}", text, example.labels) for copy, text in enumerate(texts)]


def repeated(chosen: Sequence[Sequence[str]]) -> list[int]:
    """Return for each batch how many of its documents are not the first of their family."""
    return [len(batch) - len({id.split("-")[0] for id in batch}) for batch in chosen]


def main() -> None:
    """Ask with every strategy, and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--strategies", nargs="+", default=list(STRATEGIES))
    parser.add_argument(
        "--name", default="", help="of the file in results/, for a run that is not the claim's"
    )
    parser.add_argument("--footer", action="store_true", help="end every text with the same words")
    arguments = parser.parse_args()
    stay_offline()
    rows: list[dict[str, Any]] = []
    folder = data_folder("banking77")
    train, test = (read_labelled_csv(folder / f"{part}.csv") for part in ("train", "test"))
    with tempfile.TemporaryDirectory() as scratch:
        plain = catalog.encoder("minilm", n_threads=n_training_threads())
        encoder = CachedEncoder(plain, VectorFile(Path(scratch), plain.id, plain.width))
        found: dict[str, list[int]] = {name: [] for name in arguments.strategies}
        lengths: dict[str, list[int]] = {name: [] for name in arguments.strategies}
        for seed in range(arguments.seeds):
            rng = np.random.default_rng(seed)
            drawn = rng.permutation(len(train))[:N_FAMILIES].tolist()
            pool = [copy for n, row in enumerate(drawn) for copy in family(train[row], n, rng)]
            judged = test[:200]
            if arguments.footer:
                pool, judged = (
                    [replace(e, text=f"{e.text} {FOOTER}") for e in part] for part in (pool, judged)
                )
            question = question_of("intent", [*pool, *judged])
            for name in arguments.strategies:
                simulation = Simulation("linear", name, BATCH, ROUNDS, seed, config={"balance": "none"})
                report = simulate_on(question, pool, judged, simulation, encoder=encoder)
                found[name] += repeated(report.chosen)
                lengths[name] += [len(batch) for batch in report.chosen]
                print(f"  {name}, seed {seed}: {repeated(report.chosen)}", flush=True)
    for name in arguments.strategies:
        rows.append(
            {
                "strategy": name,
                "batches": len(found[name]),
                "batches with two of a family": sum(n > 0 for n in found[name]),
                "documents too many, mean": statistics.mean(found[name]),
                "batch, mean": statistics.mean(lengths[name]),
            }
        )
    name = "paraphrases_footer" if arguments.footer else "paraphrases"
    write_result(arguments.name or name, rows, families=N_FAMILIES, copies=N_COPIES, seeds=arguments.seeds)


if __name__ == "__main__":
    main()
