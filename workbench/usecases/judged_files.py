"""What a run was judged on, in its folder: the documents with answers, and the scores behind them."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from workbench import artefacts
from workbench.analysis.judged import JudgedDocument
from workbench.domain.arrays import AnyArray
from workbench.domain.examples import Example
from workbench.domain.scores import ClassScores, DocumentTokenScores, Scores, TokenScores
from workbench.domain.spans import Span
from workbench.errors import ArtefactError, InputError
from workbench.usecases.judge import Judgement

DOCUMENTS = "judged.json"
SCORES = "scores.safetensors"


def write_judgement(folder: Path, judgement: Judgement) -> None:
    """Write judged.json and scores.safetensors, both in the order of the documents."""
    artefacts.write_json(folder / DOCUMENTS, [judged_as_dict(d) for d in judgement.documents])
    artefacts.write_tensors(folder / SCORES, scores_as_tensors(judgement.scores))


def read_documents(folder: Path) -> list[JudgedDocument]:
    """Return the judged documents. Raises ArtefactError when the run was not judged."""
    path = folder / DOCUMENTS
    if not path.exists():
        raise ArtefactError("This run was not judged: it has no held-out documents.", where=str(path))
    return [judged_from_dict(record) for record in artefacts.read_json(path)]


def digest_of_gold(folder: Path) -> str:
    """Return a SHA-256 of what a run was judged on: ids, texts, scopes and right answers, in no order.

    "" when that is not known any more.
    """
    path = folder / DOCUMENTS
    try:
        found = path.stat()
        return _digest(path, found.st_ino, found.st_mtime_ns)
    except (OSError, ArtefactError, KeyError, TypeError):
        return ""


@lru_cache(maxsize=64)  # a run's files never change
def _digest(path: Path, number: int, written: int) -> str:
    rows = [
        [
            record["id"],
            record["text"],
            record["scope"],
            sorted(record["gold"]["labels"]),
            sorted([span["start"], span["end"], span["label"]] for span in record["gold"]["spans"]),
        ]
        for record in artefacts.read_json(path)
    ]
    said = json.dumps(sorted(rows, key=lambda row: str(row[0])))
    return hashlib.sha256(said.encode()).hexdigest()


def read_scores(folder: Path, labels: Sequence[str], *, exclusive: bool) -> Scores:
    """Return the scores of the judged documents, of held-out ones or out of fold, in their order.

    `exclusive` matters for text classification alone. Raises ArtefactError when they are missing,
    damaged or not of these labels.
    """
    tensors = artefacts.read_tensors(folder / SCORES)
    try:
        return scores_from_tensors(tensors, tuple(labels), exclusive=exclusive)
    except (KeyError, ValueError, InputError) as error:
        raise ArtefactError(
            f"These are no scores of the labels {list(labels)}.", where=str(folder / SCORES)
        ) from error


def scores_as_tensors(scores: Scores) -> dict[str, AnyArray]:
    """Return `probabilities` (n, l) of n documents; for entities (w, t) of the w words of all documents.

    Then `words` (w, 2) are characters [start, end) and `n_words` (n,) says how many each document has.
    """
    if isinstance(scores, ClassScores):
        return {"probabilities": scores.probabilities}
    words = [document.words for document in scores.documents]
    rows = [document.probabilities for document in scores.documents]
    return {
        "probabilities": np.concatenate([np.zeros((0, len(scores.tags)), dtype=np.float32), *rows]),
        "words": np.concatenate([np.zeros((0, 2), dtype=np.int32), *words]),
        "n_words": np.array([len(own) for own in words], dtype=np.int64),
    }


def scores_from_tensors(tensors: dict[str, AnyArray], labels: tuple[str, ...], *, exclusive: bool) -> Scores:
    """Return the scores that `scores_as_tensors` took apart."""
    probabilities = tensors["probabilities"]
    if "n_words" not in tensors:
        return ClassScores(labels, probabilities, exclusive)
    n_words = tensors["n_words"]
    if not len(tensors["words"]) == len(probabilities) == n_words.sum():
        raise ValueError("Words and scores are not the same number.")
    bounds = np.cumsum([0, *n_words])
    return TokenScores(
        labels,
        tuple(
            DocumentTokenScores(tensors["words"][start:end], probabilities[start:end])
            for start, end in itertools.pairwise(bounds)
        ),
    )


def judged_as_dict(judged: JudgedDocument) -> dict[str, Any]:
    """Return a judged document as JSON values."""
    example = judged.example
    return {
        "id": example.document_id,
        "text": example.text,
        "scope": example.scope,
        "gold": {"labels": example.labels, "spans": [asdict(span) for span in example.spans]},
        "predicted": {
            "labels": judged.predicted_labels,
            "spans": [asdict(span) for span in judged.predicted_spans],
            "confidences": judged.confidences,
        },
    }


def judged_from_dict(record: dict[str, Any]) -> JudgedDocument:
    """Return the document that `judged_as_dict` wrote."""
    gold, predicted = record["gold"], record["predicted"]
    scope = tuple((start, end) for start, end in record["scope"]) if record["scope"] is not None else None
    example = Example(record["id"], record["text"], tuple(gold["labels"]), spans_from(gold["spans"]), scope)
    spans = spans_from(predicted["spans"])
    return JudgedDocument(example, tuple(predicted["labels"]), spans, tuple(predicted["confidences"]))


def spans_from(records: Sequence[dict[str, Any]]) -> tuple[Span, ...]:
    """Return spans from their JSON values."""
    return tuple(Span(**record) for record in records)
