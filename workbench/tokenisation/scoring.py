"""Texts to scores by any `Run`: a torch module or an ONNX session. numpy and tokenizers only."""

from __future__ import annotations

from collections.abc import Sequence

from tokenizers import Tokenizer

from workbench.domain.questions import Kind
from workbench.domain.scores import ClassScores, DocumentTokenScores, Scores, TokenScores
from workbench.tokenisation.pieces import cut_many
from workbench.tokenisation.windows import Batching, Run, class_logits, probabilities, word_logits


def score_texts(
    run: Run,
    texts: Sequence[str],
    *,
    tokenizer: Tokenizer,
    batching: Batching,
    kind: Kind,
    labels: tuple[str, ...],
) -> Scores:
    """Return ClassScores or TokenScores of the texts, in their order.

    Long texts run in windows: a textcat answer is the mean of the windows' logits, a word's tags are
    those of the window where it has most context. A text without words has no tags.
    """
    pieces = cut_many(tokenizer, texts)
    if kind == "ner":
        tagged = zip(pieces, word_logits(pieces, run, batching), strict=True)
        return TokenScores(
            labels,
            tuple(
                DocumentTokenScores(text.words, probabilities(logits, exclusive=True))
                for text, logits in tagged
            ),
        )
    logits = class_logits(pieces, run, batching)
    shaped = logits if len(texts) else logits.reshape(0, len(labels))
    exclusive = kind == "textcat"
    return ClassScores(labels, probabilities(shaped, exclusive=exclusive), exclusive)
