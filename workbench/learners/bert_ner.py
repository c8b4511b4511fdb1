"""A transformer fine-tuned to find spans: an IOB2 tag for the first piece of every word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from workbench.domain.annotations import Scope
from workbench.domain.arrays import Rows
from workbench.domain.decoding import decode_spans
from workbench.domain.examples import Example
from workbench.domain.f1 import strict_f1
from workbench.domain.ports import LearnerContext
from workbench.domain.questions import Kind, Question
from workbench.domain.scores import tags_of
from workbench.domain.spans import Span
from workbench.errors import InputError, NotEnoughDataError
from workbench.learners.fine_tuning import (
    UNKNOWN_TAG,
    FineTuningConfig,
    Row,
    fine_tune,
    new_network,
    only_question,
    silence_outputs,
    stratified_split,
)
from workbench.learners.options import with_options
from workbench.learners.word_targets import check_labels, check_spans, in_scope, word_tags
from workbench.networks.heads import TokenTagger
from workbench.networks.losses import focal
from workbench.networks.network import Network, network_scores
from workbench.networks.network_model import NetworkModel
from workbench.networks.training import Batch
from workbench.tokenisation.pieces import Pieces, cut_many
from workbench.tokenisation.windows import window_of_words, windows


@dataclass(frozen=True, slots=True)
class BertNerConfig(FineTuningConfig):
    """How to fine-tune a tagger. A word of a span counts `span_weight` times as much as one of none.

    The vocabulary is trained too: names are mostly pieces that the weights have seldom seen.
    """

    span_weight: float = 1.0
    train_vocabulary: bool = True
    head_learning_rate: float = 2e-4

    def __post_init__(self) -> None:
        FineTuningConfig.__post_init__(self)
        if not 0.01 <= self.span_weight <= 100.0:
            raise InputError(f"span_weight must lie between 0.01 and 100, not {self.span_weight}.")


class BertNerLearner:
    """Fine-tunes the weights of `context.base_model` (default: MiniLM) for one question.

    Words are those of the weights' own tokenizer. Words outside an example's scope are unknown, not
    O, and teach nothing. Long texts are taught in windows, every word in the one where it has most
    context. Options: `BertNerConfig`.
    """

    kinds: ClassVar[frozenset[Kind]] = frozenset({"ner"})

    def __init__(self, context: LearnerContext) -> None:
        self._context = context
        self._config = with_options("bert", BertNerConfig(), context.config)

    @property
    def config(self) -> Mapping[str, Any]:
        """The whole configuration, as JSON values."""
        return asdict(self._config)

    def fit(
        self,
        examples: Mapping[Question, Sequence[Example]],
        *,
        seed: int,
        dev: Mapping[Question, Sequence[Example]] | None = None,
    ) -> NetworkModel:
        """Fit on the examples; the checkpoint with the best strict F1 on dev, or on a split, stays.

        The model's facts count the spans that words cannot say exactly, see `word_tags`. Raises
        NotEnoughDataError when no example has a span, UnknownNameError for a label the question does
        not have, InputError for a span that does not fit its text or when the loss breaks.
        """
        question, answered = only_question("bert", self.kinds, examples)
        check_spans(question, answered)
        chosen = list((dev or {}).get(question, ()))
        taught = list(answered)
        if chosen:
            check_labels(question, chosen)
        else:
            taught, chosen = self._split(answered, seed)
        network = self._new_network(question, taught, seed)
        rows, counts = rows_of(network, taught)
        facts = fine_tune(
            network,
            rows,
            _loss(self._config.span_weight, self._config.focal_gamma),
            self._config,
            seed=seed,
            context=self._context,
            evaluate=_figure(network, chosen) if chosen else None,
        )
        counted = {"train_examples": len(taught), "dev_examples": len(chosen), **counts}
        return NetworkModel(
            question.name, network, {**counted, **facts}, self._context.n_threads, self._context.progress
        )

    def load(self, folder: Path) -> NetworkModel:
        """Load a model. Raises ArtefactError when it cannot be trusted."""
        return NetworkModel.load(folder, self.kinds, self._context)

    def _split(self, examples: Sequence[Example], seed: int) -> tuple[list[Example], list[Example]]:
        rng = np.random.default_rng((seed, len(examples)))
        strata = [bool(example.spans) for example in examples]
        taught, chosen = stratified_split(
            strata, self._config.dev_share, min_dev=self._config.min_dev, rng=rng
        )
        return [examples[row] for row in taught], [examples[row] for row in chosen]

    def _new_network(self, question: Question, taught: Sequence[Example], seed: int) -> Network:
        tags = tags_of(question.labels)

        def module(backbone: nn.Module) -> TokenTagger:
            return TokenTagger(backbone, len(tags))

        network = new_network(question, module, self._config, context=self._context, seed=seed)
        seen = {span.label for example in taught for span in example.spans}
        silence_outputs(network.module.head, [n for n, tag in enumerate(tags) if n and tag[2:] not in seen])
        return network


def rows_of(network: Network, examples: Sequence[Example]) -> tuple[list[Row], Counter[str]]:
    """Return the windows to learn from, and the counts of `word_tags`; see there.

    A window without a word to learn from gives no row. Raises NotEnoughDataError when none is left.
    """
    number = {tag: n for n, tag in enumerate(network.tags)}
    rows: list[Row] = []
    counts = Counter(spans=0, adjusted_spans=0, overlapping_spans=0, spans_without_words=0)
    pieces_of = cut_many(network.tokenizer, [example.text for example in examples])
    for pieces, example in zip(pieces_of, examples, strict=True):
        tags, found = word_tags(pieces.words, example.spans)
        counts.update(found)
        known = in_scope(pieces.words, example.scope)
        targets = np.where(known, [number[tag] for tag in tags], UNKNOWN_TAG).astype(np.int64)
        rows.extend(_window_rows(pieces, targets, network.max_pieces - 2))
    if not rows:
        raise NotEnoughDataError("No example has a word to learn from.")
    return rows, counts


def _window_rows(pieces: Pieces, targets: Rows, size: int) -> list[Row]:
    cuts = windows(pieces, size)
    homes = window_of_words(pieces, cuts)
    rows = []
    for number, (start, end) in enumerate(cuts):
        words = np.flatnonzero((homes == number) & (targets != UNKNOWN_TAG))
        tags = np.full(end - start, UNKNOWN_TAG, dtype=np.int64)
        tags[pieces.first_piece[words] - start] = targets[words]
        if len(words):
            rows.append(Row(pieces.ids[start:end], tags))
    return rows


def _loss(span_weight: float, gamma: float) -> Callable[[nn.Module, Batch], Tensor]:
    def loss(module: nn.Module, batch: Batch) -> Tensor:
        logits = module(batch["input_ids"], batch["attention_mask"]).float().flatten(0, 1)
        weights = torch.full((logits.shape[1],), span_weight, device=logits.device)
        weights[0] = 1.0
        targets = batch["targets"].flatten()
        if not gamma:
            return cross_entropy(logits, targets, weights, ignore_index=UNKNOWN_TAG)
        known = targets != UNKNOWN_TAG
        losses = focal(cross_entropy(logits[known], targets[known], reduction="none"), gamma)
        return (losses * weights[targets[known]]).sum() / weights[targets[known]].sum()

    return loss


def _figure(network: Network, examples: Sequence[Example]) -> Callable[[], float]:
    texts = [example.text for example in examples]
    gold = [_keys(example.spans, example.scope) for example in examples]

    def figure() -> float:
        scores: Any = network_scores(network, texts)
        said = decode_spans(scores, texts)
        predicted = [_keys(spans, e.scope) for spans, e in zip(said, examples, strict=True)]
        return strict_f1(gold, predicted)

    return figure


def _keys(spans: Sequence[Span], scope: Scope | None) -> set[tuple[int, int, str]]:
    """Return the spans that were asked about; what is said outside a scope is neither right nor wrong."""
    return {
        (span.start, span.end, span.label)
        for span in spans
        if scope is None or any(span.start < end and span.end > start for start, end in scope)
    }
