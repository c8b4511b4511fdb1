"""What can be trained for a question: learners with the few settings that matter, and what speaks against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from workbench import catalog
from workbench.domain.questions import Question
from workbench.errors import InputError, NotEnoughDataError, UnknownNameError
from workbench.usecases.collect_examples import settled_answers
from workbench.usecases.project import Project
from workbench.usecases.train_model import DEFAULT_LEARNER, Training

LEAST_ANSWERS = 2
BALANCES = ("none", "sqrt", "balanced")
AIMS = ("none", "macro-f1", "recall")
Value: TypeAlias = str | int | float


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a learner: its name, its default there, what it does, and what it may be.

    `title` is what people call it; whoever does not know the learner can leave an `expert` one alone.
    `default` is the learner's own (a test compares them). Numbers lie between `least` and `most`.
    """

    name: str
    default: Value
    words: str
    least: float = 0.0
    most: float = 0.0
    choices: tuple[str, ...] = ()
    title: str = ""
    expert: bool = True


@dataclass(frozen=True, slots=True)
class Offer:
    """A learner that fits a question, what it is in words, and its settings."""

    learner: str
    words: str
    settings: tuple[Setting, ...] = ()
    is_default: bool = False


def _balance(default: str) -> Setting:
    words = "How much rare labels count: as they come, by the root of their rarity, or all labels alike."
    return Setting("balance", default, words, choices=BALANCES, title="Rare labels", expert=False)


def _offsets(default: str, *, n_trainings: int = 1) -> tuple[Setting, Setting]:
    words = "How easily each label is said, chosen on answers the model has not seen: for which figure."
    if n_trainings > 1:
        words += f" Takes {n_trainings} trainings instead of one."
    points = "How much accuracy may be lost for the recall of rare labels; 0.01 is one point."
    return (
        Setting("offsets", default, words, choices=AIMS, title="Thresholds chosen for"),
        Setting("give_up", 0.01, points, 0.0, 1.0, title="Accuracy to give up"),
    )


def _c(default: float) -> Setting:
    words = "How closely the model follows the answers; smaller is more careful."
    return Setting("c", default, words, 0.001, 10_000.0, title="Closeness to the answers")


def _epochs(default: int, least_steps: str = "") -> Setting:
    words = f"How often every answer is seen{least_steps}."
    return Setting("epochs", default, words, 1, 100, title="Passes over the answers")


_FOCAL = Setting(
    "focal_gamma",
    0.0,
    "Answers that are said right already count less: 0 is off, 2 is usual, at least 1.",
    0.0,
    10.0,
    title="Focus on what is hard",
)
_RATE = Setting(
    "learning_rate", 2e-4, "How large a step of the training is.", 1e-6, 0.1, title="Learning rate"
)
_STEPS = Setting(
    "min_steps",
    200,
    "Few answers are seen more often, until there were as many steps.",
    0,
    10_000,
    title="Steps at least",
)
_TEXTCAT: Mapping[str, Offer] = MappingProxyType(
    {
        "tfidf": Offer(
            "tfidf",
            "Counts words. Seconds, but it cannot be exported.",
            (
                _balance("none"),
                _c(20.0),
                *_offsets("none"),
                Setting(
                    "longest_run",
                    2,
                    "Up to how many neighbouring words count as one.",
                    1,
                    5,
                    title="Words taken together, up to",
                ),
            ),
        ),
        "linear": Offer(
            "linear",
            "A linear model on sentence vectors. Seconds once the vectors are there.",
            (_balance("sqrt"), _c(20.0), *_offsets("none")),
        ),
        "kernel": Offer(
            "kernel",
            "Asks the nearest answers. Seconds; finds rare labels, but it cannot be exported.",
            (
                *_offsets("recall"),
                Setting(
                    "sharpness",
                    0.0,
                    "How fast the voice of a neighbour falls with distance; 0 lets the answers choose.",
                    0.0,
                    1000.0,
                    title="Sharpness",
                ),
            ),
        ),
        "setfit": Offer(
            "setfit",
            "Sentence vectors trained on pairs of your answers. Minutes; good with few answers.",
            (
                _balance("balanced"),
                _c(5.0),
                *_offsets("none", n_trainings=6),
                Setting("max_steps", 60, "Batches of pairs, at most.", 1, 10_000, title="Batches at most"),
            ),
        ),
        "bert": Offer(
            "bert",
            "A fine-tuned network. Minutes to an hour; good with many answers.",
            (_balance("balanced"), _epochs(4), _STEPS, _RATE, _FOCAL, *_offsets("none", n_trainings=6)),
        ),
    }
)
_NER: Mapping[str, Offer] = MappingProxyType(
    {
        "bert": Offer(
            "bert",
            "A fine-tuned tagger. Minutes to an hour.",
            (
                _epochs(4),
                _STEPS,
                _RATE,
                Setting(
                    "span_weight",
                    1.0,
                    "How much a word of a span counts beside one of none.",
                    0.01,
                    100.0,
                    title="Weight of words in spans",
                ),
                _FOCAL,
            ),
        ),
        "tags": Offer(
            "tags",
            "Tags words by vectors of a network that is not trained. Seconds once the vectors are there; "
            "ranks anew at once, but it cannot be exported.",
            (
                _c(3.0),
                Setting(
                    "offset",
                    0.5,
                    "How much more easily a word is marked than its likeliest tag says.",
                    -10.0,
                    10.0,
                    title="Readiness to mark",
                ),
            ),
        ),
    }
)


def offers(question: Question) -> tuple[Offer, ...]:
    """Return the learners of the catalogue that fit the question's kind, the default one first."""
    known = _NER if question.kind == "ner" else _TEXTCAT
    default = DEFAULT_LEARNER[question.kind]
    found = []
    for name in catalog.learner_names(question.kind):
        offer = known.get(name, Offer(name, "Added by another package."))
        found.append(Offer(name, offer.words, offer.settings, name == default))
    return tuple(sorted(found, key=lambda offer: not offer.is_default))


def changed_settings(offer: Offer, chosen: Mapping[str, Value]) -> dict[str, Any]:
    """Return what was chosen otherwise than the defaults, of the types that the learner wants."""
    found: dict[str, Any] = {}
    for setting in offer.settings:
        value = chosen.get(setting.name, setting.default)
        value = type(setting.default)(value)
        if value != setting.default:
            found[setting.name] = value
    return found


def check_training(project: Project, training: Training) -> int:
    """Return how many answers a training would learn from.

    Raises NotEnoughDataError and InputError for what would make it fail, as far as that can be seen
    without beginning it, and UnknownNameError for a question or learner that is not there.
    """
    question = project.store.question(training.question)
    names = catalog.learner_names(question.kind)
    if training.learner and training.learner not in names:
        raise UnknownNameError(f"learner for {question.kind}", training.learner, names)
    check_labels(project, question)
    left_out = project.store.held_out_twins()
    pool = set(project.store.document_ids(part="pool")) - left_out
    answers = [a for id, a in settled_answers(project, question.name).items() if id in pool]
    if len(answers) < LEAST_ANSWERS:
        raise NotEnoughDataError(
            f"'{question.name}' has {len(answers)} answered documents to learn from; at least "
            f"{LEAST_ANSWERS} are needed.",
            hint="Label some on the page Annotate, or import labelled ones.",
        )
    if question.kind == "ner":
        used = Counter(span.label for answer in answers for span in answer.spans)
        if not used:
            raise NotEnoughDataError(
                f"None of the {len(answers):,} answers to '{question.name}' marks anything.",
                hint="Mark some spans first.",
            )
        return len(answers)
    counts = Counter(label for answer in answers for label in answer.labels)
    told_apart = len(counts) > 1 if question.exclusive else any(n < len(answers) for n in counts.values())
    if not told_apart:
        said = ", ".join(f"{label} {n:,}" for label, n in counts.items()) or "no label at all"
        raise NotEnoughDataError(
            f"All {len(answers):,} answers to '{question.name}' say the same ({said}): "
            "there is nothing to tell apart.",
            hint="Label documents of another kind too.",
        )
    return len(answers)


def check_labels(project: Project, question: Question) -> None:
    """Raise InputError when the question has too few labels to be learned."""
    least = 2 if question.exclusive else 1
    if len(question.labels) < least:
        raise InputError(
            f"The question '{question.name}' has {len(question.labels) or 'no'} label"
            f"{'s' if len(question.labels) != 1 else ''}; it needs at least {least}.",
            hint=f"Add some: workbench labels {project.name} -q {question.name} --add LABEL",
        )
