"""Texts to scores through a run that is a table: no network is needed."""

from __future__ import annotations

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from workbench.domain.arrays import AnyArray, Rows
from workbench.domain.scores import ClassScores, Scores, TokenScores
from workbench.tokenisation.pieces import special_pieces
from workbench.tokenisation.scoring import score_texts
from workbench.tokenisation.windows import Batching

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "ada", "rome"]


@pytest.fixture
def tokenizer() -> Tokenizer:
    made = Tokenizer(models.WordLevel({p: n for n, p in enumerate(PIECES)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    frame = [("[CLS]", 2), ("[SEP]", 3)]
    made.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=frame)
    return made


def tag_adas(ids: Rows, _: Rows) -> AnyArray:
    """Say B- of each 'ada' and O of all else."""
    return np.stack([ids != 4, ids == 4, ids < 0], axis=-1).astype(np.float32) * 9


def count_adas(ids: Rows, _: Rows) -> AnyArray:
    return np.stack([(ids == 4).sum(axis=1), (ids == 5).sum(axis=1)], axis=-1).astype(np.float32)


def scores(tokenizer: Tokenizer, texts: list[str], kind: str) -> Scores:
    return score_texts(
        tag_adas if kind == "ner" else count_adas,
        texts,
        tokenizer=tokenizer,
        batching=Batching(special_pieces(tokenizer), 6, 2),
        kind=kind,  # type: ignore[arg-type]
        labels=("PER",) if kind == "ner" else ("ada", "rome"),
    )


def test_words_are_tagged_in_long_texts_too(tokenizer: Tokenizer) -> None:
    found = scores(tokenizer, ["rome ada", "", "rome " * 9 + "ada"], "ner")
    assert isinstance(found, TokenScores)
    tags = [document.probabilities.argmax(axis=1).tolist() for document in found.documents]
    assert tags == [[0, 1], [], [0] * 9 + [1]]


def test_labels_that_exclude_each_other_sum_to_one(tokenizer: Tokenizer) -> None:
    found = scores(tokenizer, ["ada ada", "rome"], "textcat")
    assert isinstance(found, ClassScores)
    assert found.exclusive
    np.testing.assert_allclose(found.probabilities[0], [1 / (1 + np.exp(-2)), 1 / (1 + np.exp(2))], rtol=1e-5)


def test_other_labels_have_a_probability_each(tokenizer: Tokenizer) -> None:
    found = scores(tokenizer, ["ada"], "textcat-multi")
    assert isinstance(found, ClassScores)
    assert not found.exclusive
    np.testing.assert_allclose(found.probabilities[0], [1 / (1 + np.exp(-1)), 0.5], rtol=1e-5)


@pytest.mark.parametrize("kind", ["textcat", "textcat-multi", "ner"])
def test_no_texts_have_no_scores(tokenizer: Tokenizer, kind: str) -> None:
    assert len(scores(tokenizer, [], kind)) == 0
