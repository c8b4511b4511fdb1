"""Offsets of learners that train a network: chosen on texts that no network of theirs has seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench import catalog
from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext
from workbench.domain.questions import Kind, Question
from workbench.learners.offsets import choose_for_all, choose_for_each
from workbench.learners.tuned_head import logits_from, out_of_fold_logits

pytestmark = [pytest.mark.torch, pytest.mark.slow]

OPTIONS: dict[str, dict[str, Any]] = {
    "setfit": {"max_steps": 1, "batch_size": 2, "max_pieces": 16, "balance": "none"},
    "bert": {"learning_rate": 1e-2, "epochs": 1, "min_steps": 0, "dropout": 0.0, "balance": "none"},
}
ENDS = ("is good", "was good", "seems good", "is so good", "good it is")


def answers(kind: Kind) -> list[Example]:
    """Return fifteen answers with the common label and five with the rare one; others have both."""
    common = [(f"{place} {end}", ("common",)) for place in ("rome", "nyc", "ada") for end in ENDS]
    rare = [(f"{place} is bad", ("rare",)) for place in ("rome", "nyc", "ada", "bonn", "oslo")]
    both = (
        [(f"{text} and bad", ("common", "rare")) for text, _ in common[:6]] if kind == "textcat-multi" else []
    )
    return [Example(text, text, labels) for text, labels in [*common, *rare, *both]]


@pytest.fixture
def learner(tiny_bert: Path) -> Callable[..., Any]:
    """Return a function that makes a quick learner, with more options."""

    def made(name: str, kind: Kind, **options: Any) -> Any:
        base = tiny_bert if name == "bert" else None
        context = LearnerContext(base_model=base, config={**OPTIONS[name], **options}, n_threads=2)
        return catalog.learner(name, kind, context)

    return made


@pytest.mark.parametrize(
    ("name", "kind"), [("setfit", "textcat"), ("bert", "textcat"), ("bert", "textcat-multi")]
)
def test_offsets_are_chosen_on_texts_that_no_network_has_seen(
    learner: Callable[..., Any], name: str, kind: Kind
) -> None:
    question, examples = Question("topic", kind, ("common", "rare")), answers(kind)
    targets = np.array([[label in e.labels for label in question.labels] for e in examples])
    plain = learner(name, kind)

    def logits_of(inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
        assert not set(inside.tolist()) & set(outside.tolist())
        model = plain.fit({question: [examples[row] for row in inside]}, seed=3)
        return logits_from(model.score([examples[row].text for row in outside])["topic"])

    logits = out_of_fold_logits(question, targets, [example.text for example in examples], logits_of)
    assert logits is not None
    if kind == "textcat":
        wanted = choose_for_all([logits], targets.argmax(axis=1), "recall", 1.0).offsets
    else:
        wanted = choose_for_each([logits], targets, "recall").offsets
    tuned = learner(name, kind, offsets="recall", give_up=1.0).fit({question: examples}, seed=3)
    before, after = (m.network("topic").module.head for m in (plain.fit({question: examples}, seed=3), tuned))
    assert np.abs(wanted).max() > 0.1, "it says nothing"
    np.testing.assert_array_equal(after.weight.detach().numpy(), before.weight.detach().numpy())
    np.testing.assert_allclose(after.bias.detach().numpy() - before.bias.detach().numpy(), wanted, atol=1e-3)


@pytest.mark.parametrize("name", ["setfit", "bert"])
def test_too_few_answers_for_folds_leave_the_network_as_it_is(learner: Callable[..., Any], name: str) -> None:
    question = Question("topic", "textcat", ("common", "rare"))
    examples = answers("textcat")[::15]  # one of each label
    tuned, plain = (
        learner(name, "textcat", **options).fit({question: examples}, seed=0)
        for options in ({"offsets": "macro-f1"}, {})
    )
    texts = [example.text for example in examples]
    assert (tuned.score(texts)["topic"].probabilities == plain.score(texts)["topic"].probabilities).all()
