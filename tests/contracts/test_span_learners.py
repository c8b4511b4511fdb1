"""What every learner for questions about entities keeps."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.contracts.test_learners import write_tiny_bert
from workbench import catalog
from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext, Model
from workbench.domain.questions import Question
from workbench.domain.scores import TokenScores
from workbench.domain.spans import Span
from workbench.errors import ArtefactError, InputError, NotEnoughDataError, UnknownNameError

pytestmark = [pytest.mark.torch, pytest.mark.slow]

LEARNERS: dict[str, dict[str, Any]] = {
    "bert": {"epochs": 1, "min_steps": 0, "dropout": 0.0},
    "tags": {},
}
NAMES = Question("names", "ner", ("PER", "LOC", "ORG"))
NEW = ["where is the invoice", "", "the parcel 🗽 is lost", "please " * 300, "where is the invoice"]


def example(text: str, *parts: tuple[int, int, str]) -> Example:
    return Example(text, text, spans=tuple(Span.of(text, *part) for part in parts))


EXAMPLES = [
    example("the invoice shows a wrong amount", (4, 11, "PER")),
    example("my parcel has not come", (3, 9, "LOC")),
    example("where is my parcel please", (12, 18, "LOC")),
    example("thank you for the quick answer"),
]


@pytest.fixture(scope="module")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(write_tiny_bert(tmp_path_factory.mktemp("weights")))


@pytest.fixture(params=LEARNERS)
def make(request: pytest.FixtureRequest, tiny_weights: Path) -> Callable[..., Any]:
    """Return a function that makes the learner, with options over those that keep it quick."""
    module, _, attribute = catalog.LEARNERS["ner"][request.param].partition(":")
    learner = getattr(importlib.import_module(module), attribute)

    def made(**options: Any) -> Any:
        return learner(LearnerContext(base_model=tiny_weights, config={**LEARNERS[request.param], **options}))

    return made


def scores_of(model: Any, texts: list[str] = NEW) -> TokenScores:
    found = model.score(texts)["names"]
    assert isinstance(found, TokenScores)
    return found


def same(first: TokenScores, second: TokenScores, tolerance: float = 0.0) -> None:
    assert len(first) == len(second)
    for one, other in zip(first.documents, second.documents, strict=True):
        assert np.array_equal(one.words, other.words)
        assert one.probabilities == pytest.approx(other.probabilities, abs=tolerance)


def test_every_learner_of_spans_is_here() -> None:
    assert set(LEARNERS) == set(catalog.LEARNERS["ner"])


def test_scores_have_a_row_a_word_and_the_tags_in_order(make: Callable[..., Any]) -> None:
    model = make().fit({NAMES: EXAMPLES}, seed=0)
    assert isinstance(model, Model)
    scores = scores_of(model)
    assert scores.labels == NAMES.labels
    for text, document in zip(NEW, scores.documents, strict=True):
        assert document.probabilities.dtype == np.float32
        assert document.probabilities.shape == (len(document.words), 7)
        assert document.probabilities.sum(axis=1) == pytest.approx(np.ones(len(document.words)), abs=1e-5)
        covered = "".join(text[start:end] for start, end in document.words.tolist())
        assert covered == "".join(text.split())


def test_a_label_without_examples_is_never_said(make: Callable[..., Any]) -> None:
    scores = scores_of(make().fit({NAMES: EXAMPLES}, seed=0))
    assert all((document.probabilities[:, 5:] == 0).all() for document in scores.documents)


def test_a_text_has_one_score_whatever_stands_beside_it(make: Callable[..., Any]) -> None:
    model = make().fit({NAMES: EXAMPLES}, seed=0)
    together = scores_of(model)
    for row, text in enumerate(NEW):
        alone = scores_of(model, [text]).documents[0].probabilities
        # `tags` rounds vectors to int8: one that rounds to another code moves a probability a little.
        assert alone == pytest.approx(together.documents[row].probabilities, abs=0.02)


def test_no_texts_have_no_scores(make: Callable[..., Any]) -> None:
    assert len(scores_of(make().fit({NAMES: EXAMPLES}, seed=0), [])) == 0


def test_the_same_seed_gives_the_same_scores(make: Callable[..., Any]) -> None:
    same(scores_of(make().fit({NAMES: EXAMPLES}, seed=3)), scores_of(make().fit({NAMES: EXAMPLES}, seed=3)))


def test_a_model_comes_back_from_its_folder(make: Callable[..., Any], tmp_path: Path) -> None:
    model = make().fit({NAMES: EXAMPLES}, seed=0)
    model.save(tmp_path)
    same(scores_of(model), scores_of(make().load(tmp_path)), tolerance=1e-6)
    suffixes = {path.suffix for path in tmp_path.rglob("*") if path.is_file()}
    assert suffixes == {".json", ".safetensors"}


def test_an_empty_folder_is_no_model(make: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="missing"):
        make().load(tmp_path)


def test_damaged_weights_are_refused(make: Callable[..., Any], tmp_path: Path) -> None:
    make().fit({NAMES: EXAMPLES}, seed=0).save(tmp_path)
    for weights in tmp_path.rglob("*.safetensors"):
        content = bytearray(weights.read_bytes())
        content[-4:] = np.float32(np.nan).tobytes()
        weights.write_bytes(content)
    with pytest.raises(ArtefactError, match="not finite"):
        make().load(tmp_path)


def test_answers_without_a_span_are_not_enough(make: Callable[..., Any]) -> None:
    with pytest.raises(NotEnoughDataError, match="no span"):
        make().fit({NAMES: EXAMPLES[3:]}, seed=0)


def test_an_unknown_label_is_refused(make: Callable[..., Any]) -> None:
    with pytest.raises(UnknownNameError, match="PER"):
        make().fit({Question("names", "ner", ("PERS", "LOC")): EXAMPLES}, seed=0)


def test_an_unknown_option_is_refused(make: Callable[..., Any]) -> None:
    with pytest.raises(UnknownNameError, match="has no option 'cc'"):
        make(cc=1.0)


def test_it_says_its_whole_configuration_as_json_values(make: Callable[..., Any]) -> None:
    config = make().config
    assert json.loads(json.dumps(config)) == config


def test_labels_are_none_of_its_kinds(make: Callable[..., Any]) -> None:
    learner = make()
    assert learner.kinds == {"ner"}
    with pytest.raises(InputError, match="is textcat"):
        learner.fit({Question("topic", "textcat", ("a", "b")): EXAMPLES}, seed=0)
