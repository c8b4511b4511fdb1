"""A bundle: the folder that an export publishes, checked as a whole and ready to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from workbench.artefacts import check_manifest, read_json
from workbench.domain.arrays import AnyArray
from workbench.domain.decoding import DEFAULT_THRESHOLD
from workbench.domain.gates import gate_failures
from workbench.domain.questions import KINDS, Question
from workbench.domain.scores import ClassScores, Scores, tags_of
from workbench.errors import ArtefactError, InputError
from workbench.serving.predictions import Prediction, predictions_of
from workbench.serving.session import SessionRun, check_signature, open_session, vocabulary_rows
from workbench.tokenisation.pieces import load_tokenizer, special_pieces
from workbench.tokenisation.scoring import score_texts
from workbench.tokenisation.windows import Batching

MANIFEST = "bundle.json"
FILES = frozenset({"model.onnx", "tokenizer.json", "labels.json", "README.md"})
BATCH_SIZE = 32


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """A model that answers one question. `facts` is the manifest: figures, versions, where it came from."""

    question: Question
    thresholds: Mapping[str, float]
    tokenizer: Tokenizer
    run: SessionRun
    batching: Batching
    facts: Mapping[str, Any]

    @classmethod
    def load(cls, folder: Path, *, n_threads: int = 1, despite_gate: bool = False) -> Bundle:
        """Check a bundle and open it. It keeps answering when the folder is deleted later.

        Raises ArtefactError when a file is missing, extra or changed, when the graph is unsafe or does
        not fit the labels or the tokenizer, or when the golden texts get other answers than at
        publishing; when it did not pass its gate, unless `despite_gate`; NewerVersionError for a bundle
        of a newer workbench.
        """
        if not folder.is_dir():
            raise ArtefactError(
                "There is no such folder.", where=str(folder), hint="Name an exported bundle."
            )
        facts = check_manifest(folder, manifest=MANIFEST)
        if set(facts["files"]) != FILES:
            raise ArtefactError(f"A bundle has the files {sorted(FILES)}.", where=str(folder))
        if not despite_gate and (failures := gate_failures(facts.get("gate"))):
            raise ArtefactError(
                f"The bundle did not pass its gate: {'; '.join(failures)}.",
                where=str(folder),
                hint="It answers otherwise than the model it came from: export again. "
                "workbench predict --despite-gate uses it all the same.",
            )
        try:
            bundle = cls._open(folder, facts, n_threads)
            bundle.check_golden()
        except InputError as error:
            raise ArtefactError(error.message, where=error.where or str(folder), hint=error.hint) from error
        return bundle

    @classmethod
    def _open(cls, folder: Path, facts: Mapping[str, Any], n_threads: int) -> Bundle:
        question, thresholds = read_labels(folder / "labels.json")
        tokenizer = load_tokenizer(folder / "tokenizer.json")
        content = (folder / "model.onnx").read_bytes()
        check_vocabulary(tokenizer, vocabulary_rows(content))
        session = open_session(content, n_threads=n_threads)
        n_outputs = len(tags_of(question.labels)) if question.kind == "ner" else len(question.labels)
        check_signature(session, question.kind, n_outputs)
        max_pieces = facts.get("max_pieces")
        if type(max_pieces) is not int:
            raise ArtefactError("The manifest does not say how many pieces a row may have.")
        batching = Batching(special_pieces(tokenizer), max_pieces, BATCH_SIZE)
        return cls(question, thresholds, tokenizer, SessionRun(session), batching, facts)

    def score(self, texts: Sequence[str]) -> Scores:
        """Return the scores of the texts, in their order; ClassScores, or TokenScores for ner."""
        return score_texts(
            self.run,
            texts,
            tokenizer=self.tokenizer,
            batching=self.batching,
            kind=self.question.kind,
            labels=self.question.labels,
        )

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """Return the answers to the texts, in their order."""
        return predictions_of(self.score(texts), texts, thresholds=self.thresholds)

    def check_golden(self) -> None:
        """Raise ArtefactError unless the golden texts score as they did when the bundle was published."""
        golden = self.facts.get("golden")
        try:
            texts, expected, tolerance = (golden[key] for key in ("texts", "scores", "tolerance"))  # type: ignore[index]
            worst = largest_gap(score_rows(self.score(texts)), expected)
            good = len(texts) > 0 and worst <= tolerance
        except (KeyError, TypeError, ValueError) as error:
            raise ArtefactError("The bundle has no golden texts to check its answers by.") from error
        if not good:
            raise ArtefactError(
                f"The {len(texts)} golden texts score differently by up to {worst:.3g} (allowed: {tolerance}).",
                hint="This processor or this version of onnxruntime or tokenizers computes otherwise: "
                "export again.",
            )


def score_rows(scores: Scores) -> list[AnyArray]:
    """Return the probabilities of each document: (1, l) for class scores, (k, t) for token scores."""
    if isinstance(scores, ClassScores):
        return [row[None] for row in scores.probabilities]
    return [document.probabilities for document in scores.documents]


def largest_gap(found: Sequence[AnyArray], expected: Sequence[Any]) -> float:
    """Return the largest difference to the scores in the manifest; infinite when the shapes differ."""
    wanted = [np.array(rows, dtype=np.float32) for rows in expected]
    # A text without words has no rows, and JSON cannot say how many columns nothing has.
    if [a.shape for a in found if a.size] != [b.shape for b in wanted if b.size] or len(found) != len(wanted):
        return float("inf")
    pairs = zip(found, wanted, strict=True)
    return max((float(np.abs(a - b).max()) for a, b in pairs if a.size), default=0.0)


def read_labels(path: Path) -> tuple[Question, dict[str, float]]:
    """Read labels.json: the question and the thresholds of its labels. Raises ArtefactError."""
    content = read_json(path)
    fields = ("question", "kind", "labels", "thresholds")
    if not isinstance(content, dict) or set(content) != set(fields):
        raise ArtefactError(f"It must be an object of {', '.join(fields)}.", where=path.name)
    name, kind, labels, thresholds = (content[field] for field in fields)
    if not isinstance(name, str) or kind not in KINDS or not _are_strings(labels) or not labels:
        raise ArtefactError("The question, its kind or its labels are not readable.", where=path.name)
    numbers = thresholds.values() if isinstance(thresholds, dict) else [None]
    if set(thresholds or ()) - set(labels) or not all(type(t) is float and 0.0 <= t <= 1.0 for t in numbers):
        raise ArtefactError("A threshold is not a number from 0 to 1 of a known label.", where=path.name)
    question = Question(name, kind, tuple(labels))
    return question, {label: thresholds.get(label, DEFAULT_THRESHOLD) for label in labels}


def _are_strings(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def check_vocabulary(tokenizer: Tokenizer, rows: int | None) -> None:
    """Raise ArtefactError when the tokenizer can give a piece that the graph has no vector for."""
    highest = max(tokenizer.get_vocab().values(), default=-1)
    if rows is not None and highest >= rows:
        raise ArtefactError(f"The tokenizer knows a piece {highest}, the model only {rows} pieces.")
