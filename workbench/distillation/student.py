"""A student with fewer layers that learns its teacher's scores.

Hinton, Vinyals, Dean: Distilling the Knowledge in a Neural Network (https://arxiv.org/abs/1503.02531);
layers taken from the teacher: Sanh et al., DistilBERT (https://arxiv.org/abs/1910.01108).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn

from workbench.distillation.lessons import Lessons
from workbench.distillation.losses import soft_loss, states_loss
from workbench.domain.ports import Progress, silent
from workbench.domain.questions import Kind
from workbench.domain.scores import Scores
from workbench.errors import InputError, NotEnoughDataError
from workbench.networks.backbone import freeze_vocabulary, keep_layers, keep_positions, set_dropout
from workbench.networks.heads import TextClassifier, TokenTagger
from workbench.networks.network import Network
from workbench.networks.training import Batch, TrainingSettings, train


@dataclass(frozen=True, slots=True)
class StudentSettings:
    """How a student is made and taught.

    `layers` are those of the teacher to keep, from 0; None keeps half of a classifier's and two thirds
    of a tagger's, see `kept_layers`. `temperature` softens both sides. `states_weight` is the weight of
    being near to the teacher's last states beside the soft labels; 0 leaves them out and saves the
    teacher's passes. None is 1 for taggers, each of whose pieces has a state to come near to, else 0.
    """

    layers: tuple[int, ...] | None = None
    temperature: float = 2.0
    states_weight: float | None = None
    batch_size: int = 32
    training: TrainingSettings = field(default_factory=lambda: TrainingSettings(learning_rate=2e-4, epochs=3))

    def __post_init__(self) -> None:
        if not 0.1 <= self.temperature <= 100.0:
            raise InputError("The temperature must lie between 0.1 and 100.", hint="Usual are 1 to 4.")
        if not 0.0 <= (self.states_weight or 0.0) <= 1000.0 or self.batch_size < 1:
            raise InputError("states_weight must lie between 0 and 1000, and batch_size above 0.")

    def for_teacher(self, teacher: Network) -> StudentSettings:
        """Return the settings with what depends on the teacher filled in."""
        n_layers = len(teacher.module.backbone.encoder.layer)  # type: ignore[union-attr,arg-type]
        layers = kept_layers(n_layers, teacher.kind) if self.layers is None else self.layers
        by_kind = 1.0 if teacher.kind == "ner" else 0.0
        weight = by_kind if self.states_weight is None else self.states_weight
        return replace(self, layers=layers, states_weight=weight)


def distil(
    teacher: Network,
    soft_scores: Scores,
    texts: Sequence[str],
    *,
    settings: StudentSettings,
    seed: int = 0,
    evaluate: Callable[[Network], float] | None = None,
    progress: Progress = silent,
) -> Network:
    """Return a student that learned the soft scores of the texts, labelled and unlabelled alike.

    `soft_scores` are the teacher's, in the order of the texts. With `evaluate` the student of the best
    epoch is kept. The teacher stays as it is. Raises NotEnoughDataError without texts and InputError
    when scores and texts, or scores and teacher, do not fit.
    """
    if not texts:
        raise NotEnoughDataError("A student needs texts to learn from; there are none.")
    settings = settings.for_teacher(teacher)
    lessons = Lessons(teacher, soft_scores, texts, batch_size=settings.batch_size, seed=seed)
    student = smaller(teacher, settings.layers)
    freeze_vocabulary(student.module.backbone)
    set_dropout(student.module, 0.0)
    train(
        student.module,
        lessons.batches,
        _Loss(teacher, settings),
        settings.training,
        seed=seed,
        evaluate=None if evaluate is None else lambda: evaluate(student),
        progress=progress,
    )
    return student


def kept_layers(n_layers: int, kind: Kind) -> tuple[int, ...]:
    """Return the layers that a student keeps by default, the last one always.

    A classifier keeps every second one. A tagger with half its layers lost a sixth of its strict F1 on
    WNUT17, so it keeps two thirds, spread evenly, but never all of them.

    >>> kept_layers(6, "textcat"), kept_layers(6, "ner"), kept_layers(12, "ner"), kept_layers(1, "ner")
    ((1, 3, 5), (0, 1, 3, 5), (0, 1, 3, 4, 6, 7, 9, 11), (0,))
    """
    if kind != "ner":
        return tuple(range((n_layers - 1) % 2, n_layers, 2))
    n_kept = min(-(-2 * n_layers // 3), n_layers - 1)
    if n_kept <= 1:
        return (n_layers - 1,)
    return tuple((n_layers - 1) * place // (n_kept - 1) for place in range(n_kept))


def smaller(teacher: Network, layers: Sequence[int] | None = None) -> Network:
    """Return a network of some of the teacher's layers, with a copy of its weights and head.

    Positions that no row of the teacher reaches are left out.
    """
    n_layers = len(teacher.module.backbone.encoder.layer)  # type: ignore[union-attr,arg-type]
    chosen = kept_layers(n_layers, teacher.kind) if layers is None else layers
    kept = keep_positions(keep_layers(teacher.module.backbone, chosen), teacher.max_pieces)
    n_outputs = teacher.module.head.out_features
    module: TextClassifier | TokenTagger
    if isinstance(teacher.module, TextClassifier):
        module = TextClassifier(
            kept, n_outputs, normalise=teacher.module.normalise, exclusive=teacher.module.exclusive
        )
    else:
        module = TokenTagger(kept, n_outputs)
    module.head.load_state_dict(teacher.module.head.state_dict())
    return Network(module, teacher.tokenizer, teacher.kind, teacher.labels, teacher.max_pieces)


class _Loss:
    """The loss of one batch: soft labels, and the teacher's states where they are asked for."""

    def __init__(self, teacher: Network, settings: StudentSettings) -> None:
        self.teacher = teacher.module.eval()
        self.exclusive = teacher.kind != "textcat-multi"
        self.temperature = settings.temperature
        self.states_weight = settings.states_weight or 0.0

    def __call__(self, student: nn.Module, batch: Batch) -> Tensor:
        states, logits = states_and_logits(student, batch)
        loss = soft_loss(
            logits.float(),
            batch["soft"],
            batch["taught"],
            temperature=self.temperature,
            exclusive=self.exclusive,
        )
        if self.states_weight == 0.0:
            return loss
        with torch.no_grad():
            wanted, _ = states_and_logits(self.teacher.to(logits.device), batch)
        mask = batch["attention_mask"].float() if states.ndim == 3 else batch["taught"]
        return loss + self.states_weight * states_loss(states.float(), wanted.float(), mask)


def states_and_logits(module: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
    """Return what the head sees, `(b, d)` of texts or `(b, p, d)` of pieces, and what it says."""
    ids, mask = batch["input_ids"], batch["attention_mask"]
    if isinstance(module, TextClassifier):
        states = module.vectors(ids, mask)
    else:
        states = module.backbone(input_ids=ids, attention_mask=mask).last_hidden_state  # type: ignore[operator]
    return states, module.head(states)  # type: ignore[operator]
