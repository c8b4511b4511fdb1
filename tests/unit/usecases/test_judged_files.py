"""Judged documents and their scores in a run's folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench import artefacts
from workbench.domain.examples import Example
from workbench.domain.questions import Question
from workbench.domain.scores import ClassScores, DocumentTokenScores, TokenScores
from workbench.domain.spans import Span
from workbench.errors import ArtefactError
from workbench.usecases.judge import judge
from workbench.usecases.judged_files import SCORES, read_documents, read_scores, write_judgement

TOPIC = Question("topic", "textcat", ("bill", "praise"))
ENTITIES = Question("entities", "ner", ("PERSON",))


def test_scores_of_labels_come_back_in_the_order_of_the_documents(tmp_path: Path) -> None:
    scores = ClassScores(TOPIC.labels, np.array([[0.75, 0.25], [0.125, 0.875]], dtype=np.float32))
    examples = [Example("a", "The bill is wrong.", ("bill",)), Example("b", "Thank you!", ("bill",))]
    judgement = judge(TOPIC, examples, scores, basis="out-of-fold")
    write_judgement(tmp_path, judgement)
    assert tuple(read_documents(tmp_path)) == judgement.documents
    found = read_scores(tmp_path, TOPIC.labels, exclusive=True)
    assert isinstance(found, ClassScores)
    assert found.probabilities.tolist() == [[0.75, 0.25], [0.125, 0.875]]


def test_scores_of_words_keep_their_documents_also_those_without_a_word(tmp_path: Path) -> None:
    words = np.array([[0, 3], [4, 9]], dtype=np.int32)
    sure = np.array([[0.25, 0.5, 0.25], [1.0, 0.0, 0.0]], dtype=np.float32)
    none = DocumentTokenScores(np.zeros((0, 2), dtype=np.int32), np.zeros((0, 3), dtype=np.float32))
    scores = TokenScores(("PERSON",), (none, DocumentTokenScores(words, sure), none))
    examples = [
        Example("a", " "),
        Example("b", "Zoë rings", spans=(Span.of("Zoë rings", 0, 3, "PERSON"),)),
        Example("c", ""),
    ]
    judgement = judge(ENTITIES, examples, scores, basis="held-out")
    write_judgement(tmp_path, judgement)
    assert tuple(read_documents(tmp_path)) == judgement.documents
    found = read_scores(tmp_path, ("PERSON",), exclusive=False)
    assert isinstance(found, TokenScores)
    assert [len(document.words) for document in found.documents] == [0, 2, 0]
    assert found.documents[1].words.tolist() == words.tolist()
    assert found.documents[1].probabilities.tolist() == sure.tolist()


def test_scores_of_other_labels_are_refused_with_the_name_of_the_file(tmp_path: Path) -> None:
    artefacts.write_tensors(tmp_path / SCORES, {"probabilities": np.ones((1, 3), dtype=np.float32)})
    with pytest.raises(ArtefactError, match="no scores of the labels") as caught:
        read_scores(tmp_path, TOPIC.labels, exclusive=True)
    assert SCORES in str(caught.value.where)


def test_words_that_are_fewer_than_their_scores_are_refused(tmp_path: Path) -> None:
    tensors = {
        "probabilities": np.zeros((2, 3), dtype=np.float32),
        "words": np.zeros((1, 2), dtype=np.int32),
        "n_words": np.array([1]),
    }
    artefacts.write_tensors(tmp_path / SCORES, tensors)
    with pytest.raises(ArtefactError):
        read_scores(tmp_path, ("PERSON",), exclusive=False)


def test_a_run_that_was_not_judged_says_so(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="not judged"):
        read_documents(tmp_path)
