"""The fast learner: logistic regression on the vectors of an encoder that is not trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from workbench.artefacts import read_json, read_tensors, write_json, write_tensors
from workbench.domain.arrays import Samples, Vectors
from workbench.domain.examples import Example
from workbench.domain.ports import Encoder, LearnerContext
from workbench.domain.questions import Kind, Question
from workbench.domain.scores import ClassScores
from workbench.errors import ArtefactError, InputError, UnknownNameError
from workbench.learners.linear_head import (
    HeadConfig,
    LinearHead,
    checked_targets,
    head_facts,
    head_tensors,
    heads_from,
)
from workbench.learners.options import with_options
from workbench.learners.tuned_head import fit_tuned_head

DROPOUT = 0.1
# The root finds more of rare labels and costs no accuracy (docs/decisions/0023-balanced-by-the-root.md).
DEFAULTS = HeadConfig(balance="sqrt")

if TYPE_CHECKING:
    from workbench.networks.network import Network


@runtime_checkable
class WindowMeans(Protocol):
    """An encoder that can say whose piece vectors its vectors are the mean of, brought to length one."""

    backbone_folder: Path | None
    max_pieces: int


class LinearLearner:
    """Multinomial logistic regression for textcat, one against the rest for textcat-multi.

    Options: those of `HeadConfig`; labels are square-root balanced unless `balance` says otherwise. Raises
    InputError when the context has no encoder.
    """

    kinds: ClassVar[frozenset[Kind]] = frozenset({"textcat", "textcat-multi"})

    def __init__(self, context: LearnerContext) -> None:
        if context.encoder is None:
            raise InputError("The learner 'linear' needs an encoder.", hint="Embed the pool first.")
        self._encoder = context.encoder
        self._progress = context.progress
        self._config = with_options("linear", DEFAULTS, context.config)

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
    ) -> LinearModel:
        """Fit one head a question; nothing is random and there is no checkpoint to choose.

        Raises NotEnoughDataError when a question's examples do not tell two answers apart.
        """
        targets = checked_targets(self.kinds, examples)
        heads = {}
        for question, answered in examples.items():
            texts = [example.text for example in answered]
            vectors = self._encoder.encode(texts, progress=self._progress)
            heads[question.name] = fit_tuned_head(question, vectors, targets[question], self._config, texts)
        return LinearModel(self._encoder, heads)

    def load(self, folder: Path) -> LinearModel:
        """Load a model. Raises ArtefactError when it is damaged or belongs to another encoder."""
        facts = read_json(folder / "linear.json")
        encoder_id = facts.get("encoder") if isinstance(facts, dict) else None
        if encoder_id != self._encoder.id:
            raise ArtefactError(
                f"The model was fitted on vectors of {encoder_id}, not of {self._encoder.id}.",
                where=str(folder),
            )
        heads = heads_from(facts, read_tensors(folder / "heads.safetensors"), folder)
        for name, head in heads.items():
            if head.weights.shape[1] != self._encoder.width:
                raise ArtefactError(f"The weights of '{name}' do not fit the encoder.", where=str(folder))
        return LinearModel(self._encoder, heads)


class LinearModel:
    """Linear heads on one encoder."""

    def __init__(self, encoder: Encoder, heads: Mapping[str, LinearHead]) -> None:
        self.heads = dict(heads)
        self._encoder = encoder

    def score(self, texts: Sequence[str]) -> Mapping[str, ClassScores]:
        """Return the scores of each question, in the order of the texts."""
        vectors = self.features(texts)
        return {name: head.score(vectors) for name, head in self.heads.items()}

    def features(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors `(n, d)` that the heads see."""
        return self._encoder.encode(texts)

    def samples(self, texts: Sequence[str], *, n_samples: int, seed: int) -> Mapping[str, Samples]:
        """Return Monte-Carlo probabilities `(s, n, l)` of each question, by dropout on the vectors.

        A sample leaves the same tenth of the width out for all texts and scales the others up: it is one
        thinned model that is asked about all of them.
        """
        vectors = self.features(texts)
        rng = np.random.default_rng(seed)
        width = self._encoder.width
        masks = (rng.random((n_samples, width)) >= DROPOUT).astype(np.float32) / np.float32(1.0 - DROPOUT)
        return {
            name: np.stack(
                [replace(head, weights=head.weights * mask).score(vectors).probabilities for mask in masks]
            )
            for name, head in self.heads.items()
        }

    def save(self, folder: Path) -> None:
        """Write linear.json and heads.safetensors; the encoder is named, not copied."""
        write_tensors(folder / "heads.safetensors", head_tensors(self.heads))
        write_json(folder / "linear.json", {"encoder": self._encoder.id, **head_facts(self.heads)})

    def network(self, question: str) -> Network:
        """Return encoder and head of one question as one network that gives the same scores.

        Texts over the encoder's limit differ: the network averages logits of windows, the encoder
        brings their mean vector to length one. Raises InputError when the encoder is not a mean of
        piece vectors, UnknownNameError for a question that the model does not answer.
        """
        encoder = getattr(self._encoder, "source", self._encoder)
        if not isinstance(encoder, WindowMeans) or encoder.backbone_folder is None:
            raise InputError(
                f"The encoder {self._encoder.id} cannot become part of a network: "
                "its vectors are not a mean of piece vectors.",
                hint="Use the encoder 'minilm', or distil the model.",
            )
        if question not in self.heads:
            raise UnknownNameError("question of the model", question, self.heads)
        from workbench.learners.head_network import network_of  # torch: only who exports needs it

        return network_of(self.heads[question], encoder.backbone_folder, encoder.max_pieces)
