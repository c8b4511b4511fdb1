"""The learner for rare labels of many meanings: a kernel head on the vectors of an encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from threadpoolctl import threadpool_limits

from workbench.artefacts import read_json, read_tensors, write_json, write_tensors
from workbench.domain.arrays import AnyArray, Vectors
from workbench.domain.examples import Example
from workbench.domain.ports import Encoder, LearnerContext
from workbench.domain.questions import Kind, Question
from workbench.domain.scores import ClassScores
from workbench.errors import ArtefactError, InputError
from workbench.learners.kernel_head import SHARPNESSES, KernelHead, unseen_logits
from workbench.learners.linear_head import HeadConfig, checked_targets
from workbench.learners.offsets import Aim, check_aim
from workbench.learners.options import with_options
from workbench.learners.tuned_head import group_numbers, offsets_for

KERNEL_VERSION = 1


@dataclass(frozen=True, slots=True)
class KernelConfig:
    """How to read labels off neighbours.

    `sharpness` is how fast a neighbour's voice falls with distance, 0: chosen from four. `offsets` and
    `give_up` as in `HeadConfig`. Both are chosen by leaving each document out.
    """

    sharpness: float = 0.0
    offsets: Aim = "recall"
    give_up: float = 0.01

    def __post_init__(self) -> None:
        if not 0.0 <= self.sharpness <= 1000.0:
            raise InputError(f"The option 'sharpness' goes from 0 to 1000, not {self.sharpness}.")
        check_aim(self.offsets, self.give_up)

    def sharpnesses(self) -> tuple[float, ...]:
        """Return what to choose from."""
        return (float(self.sharpness),) if self.sharpness else SHARPNESSES


class KernelLearner:
    """Labels by the answered documents near a text, each label as loud as its offset makes it.

    Finds rare labels that a linear head does not, and needs no fitting; it keeps the vectors of all
    answered documents and cannot be exported. Options: those of `KernelConfig`. Raises InputError when
    the context has no encoder.
    """

    kinds: ClassVar[frozenset[Kind]] = frozenset({"textcat", "textcat-multi"})

    def __init__(self, context: LearnerContext) -> None:
        if context.encoder is None:
            raise InputError("The learner 'kernel' needs an encoder.", hint="Embed the pool first.")
        self._encoder = context.encoder
        self._progress = context.progress
        self._config = with_options("kernel", KernelConfig(), context.config)

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
    ) -> KernelModel:
        """Keep the examples and choose sharpness and offsets; nothing is random, there is no checkpoint.

        Raises NotEnoughDataError when a question's examples do not tell two answers apart.
        """
        targets = checked_targets(self.kinds, examples)
        heads = {}
        for question, answered in examples.items():
            texts = [example.text for example in answered]
            vectors = self._encoder.encode(texts, progress=self._progress)
            with threadpool_limits(limits=1, user_api="blas"):
                heads[question.name] = self._head(question, vectors, targets[question], texts)
        return KernelModel(self._encoder, heads)

    def _head(
        self, question: Question, vectors: Vectors, targets: AnyArray, texts: Sequence[str]
    ) -> KernelHead:
        sharpnesses = self._config.sharpnesses()
        candidates = unseen_logits(
            vectors, targets, group_numbers(texts), sharpnesses=sharpnesses, exclusive=question.exclusive
        )
        aims = HeadConfig(offsets=self._config.offsets, give_up=self._config.give_up)
        chosen = offsets_for(question, candidates, targets, aims)
        return KernelHead(
            question.labels,
            question.exclusive,
            vectors.astype(np.float32),
            targets,
            chosen.offsets.astype(np.float32),
            sharpnesses[chosen.candidate],
        )

    def load(self, folder: Path) -> KernelModel:
        """Load a model. Raises ArtefactError when it is damaged or belongs to another encoder."""
        facts = read_json(folder / "kernel.json")
        encoder_id = facts.get("encoder") if isinstance(facts, dict) else None
        if encoder_id != self._encoder.id:
            raise ArtefactError(
                f"The model keeps vectors of {encoder_id}, not of {self._encoder.id}.", where=str(folder)
            )
        questions = facts.get("questions")
        if facts.get("kernel_version") != KERNEL_VERSION or not isinstance(questions, list) or not questions:
            raise ArtefactError("It does not describe the heads of a model.", where=str(folder))
        tensors = read_tensors(folder / "kernel.safetensors")
        heads = dict(_head_from(fact, tensors, self._encoder.width, str(folder)) for fact in questions)
        if set(tensors) != set(_tensors(heads)):
            raise ArtefactError(
                f"The tensors {sorted(tensors)} are not those of {sorted(heads)}.", where=str(folder)
            )
        return KernelModel(self._encoder, heads)


class KernelModel:
    """Kernel heads on one encoder."""

    def __init__(self, encoder: Encoder, heads: Mapping[str, KernelHead]) -> None:
        self.heads = dict(heads)
        self._encoder = encoder

    def score(self, texts: Sequence[str]) -> Mapping[str, ClassScores]:
        """Return the scores of each question, in the order of the texts."""
        vectors = self.features(texts)
        return {name: head.score(vectors) for name, head in self.heads.items()}

    def features(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors `(n, d)` that the heads see."""
        return self._encoder.encode(texts)

    def save(self, folder: Path) -> None:
        """Write kernel.json and kernel.safetensors; the encoder is named, not copied."""
        write_tensors(folder / "kernel.safetensors", _tensors(self.heads))
        questions = [
            {
                "name": name,
                "exclusive": head.exclusive,
                "labels": list(head.labels),
                "sharpness": head.sharpness,
            }
            for name, head in self.heads.items()
        ]
        facts = {"kernel_version": KERNEL_VERSION, "encoder": self._encoder.id, "questions": questions}
        write_json(folder / "kernel.json", facts)


def _tensors(heads: Mapping[str, KernelHead]) -> dict[str, AnyArray]:
    return {
        f"{name}.{part}": values
        for name, head in heads.items()
        for part, values in (
            ("prototypes", head.prototypes),
            ("targets", head.targets.astype(np.float32)),
            ("offsets", head.offsets),
        )
    }


def _head_from(fact: Any, tensors: Mapping[str, AnyArray], width: int, where: str) -> tuple[str, KernelHead]:
    try:
        name, labels, exclusive, sharpness = (fact[k] for k in ("name", "labels", "exclusive", "sharpness"))
        prototypes, targets, offsets = (tensors[f"{name}.{k}"] for k in ("prototypes", "targets", "offsets"))
    except (KeyError, TypeError) as error:
        raise ArtefactError(f"The description of a head lacks {error}.", where=where) from error
    texts = isinstance(labels, list) and all(isinstance(label, str) for label in labels)
    if not texts or type(exclusive) is not bool or len(set(labels)) != len(labels):
        raise ArtefactError(f"The labels of '{name}' are not a list of names.", where=where)
    if type(sharpness) is not float or not 0.0 < sharpness <= 1000.0:
        raise ArtefactError(f"The sharpness of '{name}' is not a number above 0.", where=where)
    fits = prototypes.ndim == 2 and len(prototypes) > 0 and prototypes.shape[1] == width
    if not fits or targets.shape != (len(prototypes), len(labels)) or offsets.shape != (len(labels),):
        raise ArtefactError(f"The prototypes of '{name}' do not fit encoder and labels.", where=where)
    if not np.isin(targets, (0.0, 1.0)).all():
        raise ArtefactError(f"The answers of '{name}' are not yes or no.", where=where)
    return name, KernelHead(tuple(labels), exclusive, prototypes, targets.astype(bool), offsets, sharpness)
