"""The fast learner of spans keeps what every learner keeps, and refits from where it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.domain.decoding import decode_spans
from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext, Model
from workbench.domain.questions import Question
from workbench.domain.scores import TokenScores
from workbench.domain.spans import Span
from workbench.errors import ArtefactError, InputError, NotEnoughDataError, UnknownNameError

pytestmark = [pytest.mark.torch, pytest.mark.slow]

NAMES = Question("names", "ner", ("PER", "LOC", "ORG"))
NEW = ["ada is in nyc", "", "rome 🗽 is big", "so bad " * 300, "ada is in nyc"]


def example(text: str, *parts: tuple[int, int, str], scope: Any = None) -> Example:
    return Example(text, text, spans=tuple(Span.of(text, *part) for part in parts), scope=scope)


EXAMPLES = [
    example("ada is in rome", (0, 3, "PER"), (10, 14, "LOC")),
    example("ada is in nyc", (0, 3, "PER"), (10, 13, "LOC")),
    example("rome is big and good", (0, 4, "LOC")),
    example("so very bad"),
]


@pytest.fixture
def make(tiny_bert: Path) -> Callable[..., Any]:
    """Return a function that makes the learner with the options named."""

    def made(**options: Any) -> Any:
        from workbench.learners.tags import TagLearner

        return TagLearner(LearnerContext(base_model=tiny_bert, config={"c": 100.0, **options}))

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


def test_scores_have_a_row_a_word_and_the_tags_in_order(make: Callable[..., Any]) -> None:
    model = make().fit({NAMES: EXAMPLES}, seed=0)
    assert isinstance(model, Model)
    scores = scores_of(model)
    assert scores.labels == NAMES.labels
    assert [len(document.words) for document in scores.documents] == [4, 0, 4, 600, 4]
    for document in scores.documents:
        assert document.probabilities.dtype == np.float32
        assert document.probabilities.shape == (len(document.words), 7)
        assert document.probabilities.sum(axis=1) == pytest.approx(np.ones(len(document.words)), abs=1e-5)


def test_it_learns_the_spans_it_was_shown(make: Callable[..., Any]) -> None:
    model = make().fit({NAMES: EXAMPLES}, seed=0)
    texts = [example.text for example in EXAMPLES]
    assert decode_spans(scores_of(model, texts), texts) == [example.spans for example in EXAMPLES]


def test_a_label_without_examples_is_never_said(make: Callable[..., Any]) -> None:
    scores = scores_of(make().fit({NAMES: EXAMPLES}, seed=0))
    assert all((document.probabilities[:, 5:] == 0).all() for document in scores.documents)


def test_a_text_has_one_score_whatever_stands_beside_it(make: Callable[..., Any]) -> None:
    model = make().fit({NAMES: EXAMPLES}, seed=0)
    together = scores_of(model)
    for row, text in enumerate(NEW):
        alone = scores_of(model, [text]).documents[0].probabilities
        # A vector that rounds to another code in another batch moves a probability a little.
        assert alone == pytest.approx(together.documents[row].probabilities, abs=0.02)


def test_no_texts_have_no_scores(make: Callable[..., Any]) -> None:
    assert len(scores_of(make().fit({NAMES: EXAMPLES}, seed=0), [])) == 0


def test_the_same_examples_give_the_same_scores(make: Callable[..., Any]) -> None:
    same(scores_of(make().fit({NAMES: EXAMPLES}, seed=3)), scores_of(make().fit({NAMES: EXAMPLES}, seed=3)))


def test_words_outside_the_scope_teach_nothing(make: Callable[..., Any]) -> None:
    text = "ada is in rome"
    asked = example(text, (0, 3, "PER"), scope=((0, 9),))
    whole = example(text, (0, 3, "PER"))
    of_scope, of_whole = (
        scores_of(make().fit({NAMES: [one]}, seed=0), [text]).documents[0].probabilities for one in (asked, whole)
    )  # fmt: skip
    assert of_whole[3, 0] > of_scope[3, 0]


def test_a_model_comes_back_from_its_folder(make: Callable[..., Any], tmp_path: Path) -> None:
    model = make().fit({NAMES: EXAMPLES}, seed=0)
    model.save(tmp_path)
    same(scores_of(model), scores_of(make().load(tmp_path)), tolerance=1e-6)
    assert make().load(tmp_path).facts == model.facts
    assert model.facts["train_examples"] == 4
    suffixes = {path.suffix for path in tmp_path.rglob("*") if path.is_file()}
    assert suffixes == {".json", ".safetensors"}


def test_a_refit_from_an_earlier_model_ends_where_a_fit_from_nothing_does(make: Callable[..., Any]) -> None:
    earlier = make().fit({NAMES: EXAMPLES[:2]}, seed=0)
    cold = make(max_iterations=500).fit({NAMES: EXAMPLES}, seed=0)
    warm = make(warm_iterations=500).fit({NAMES: EXAMPLES}, seed=0, start=earlier)
    same(scores_of(cold), scores_of(warm), tolerance=0.02)
    one_step = make(warm_iterations=1).fit({NAMES: EXAMPLES}, seed=0, start=cold)
    same(scores_of(cold), scores_of(one_step), tolerance=0.02)


def test_an_earlier_model_of_other_labels_is_not_gone_on_from(make: Callable[..., Any]) -> None:
    earlier = make().fit({Question("names", "ner", ("LOC", "PER")): EXAMPLES}, seed=0)
    fresh = make().fit({NAMES: EXAMPLES}, seed=0)
    same(scores_of(fresh), scores_of(make().fit({NAMES: EXAMPLES}, seed=0, start=earlier)))


def test_a_damaged_model_is_refused(make: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="missing"):
        make().load(tmp_path)
    make().fit({NAMES: EXAMPLES}, seed=0).save(tmp_path)
    facts = json.loads((tmp_path / "tags.json").read_text())
    wrong: list[Any] = [
        [],
        {},
        {**facts, "questions": [1]},
        {**facts, "questions": "names"},
        {**facts, "tags_version": 99},
        {**facts, "words": "others"},
        {**facts, "questions": [{**facts["questions"][0], "labels": ["PER"]}]},
        {**facts, "questions": []},
    ]
    for content in wrong:
        (tmp_path / "tags.json").write_text(json.dumps(content))
        with pytest.raises(ArtefactError):
            make().load(tmp_path)


def test_what_cannot_be_learned_is_said(make: Callable[..., Any]) -> None:
    with pytest.raises(NotEnoughDataError, match="no span"):
        make().fit({NAMES: EXAMPLES[3:]}, seed=0)
    with pytest.raises(InputError, match="no question"):
        make().fit({}, seed=0)
    with pytest.raises(InputError, match="is textcat"):
        make().fit({Question("topic", "textcat", ("a", "b")): EXAMPLES}, seed=0)
    with pytest.raises(UnknownNameError, match="PER"):
        make().fit({Question("names", "ner", ("PERS", "LOC")): EXAMPLES}, seed=0)
    with pytest.raises(UnknownNameError, match="has no option 'cc'"):
        make(cc=1.0)
    with pytest.raises(InputError, match="'c'"):
        make(c=0.0)


def test_it_says_its_whole_configuration_as_json_values(make: Callable[..., Any]) -> None:
    config = make(offset=1.5).config
    assert json.loads(json.dumps(config)) == config
    assert config == {**make().config, "offset": 1.5}
