"""What every learner for class questions keeps."""

import importlib
import json
from itertools import pairwise

import numpy as np
import pytest

from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext, Model
from workbench.domain.questions import Question
from workbench.errors import (
    ArtefactError,
    InputError,
    NotEnoughDataError,
    UnknownNameError,
)

heavy = [pytest.mark.torch, pytest.mark.slow]
LEARNERS = {
    "tfidf": ("workbench.learners.tfidf:TfidfLearner", {}),
    "linear": ("workbench.learners.linear:LinearLearner", {}),
    "kernel": ("workbench.learners.kernel:KernelLearner", {}),
    "setfit": ("workbench.learners.setfit_textcat:SetFitLearner", {"max_steps": 2, "batch_size": 4}),
}
TOPIC = Question("topic", "textcat", ("billing", "delivery", "other", "praise"))
TAGS = Question("tags", "textcat-multi", ("urgent", "polite", "long"))
TEXTS = {
    "the invoice shows a wrong amount": ("billing", ()),
    "please refund the invoice": ("billing", ("polite",)),
    "my parcel has not come and I need it now": ("delivery", ("urgent",)),
    "where is my parcel please": ("delivery", ("polite",)),
    "what a lovely shop": ("praise", ()),
    "thank you for the quick answer": ("praise", ("polite",)),
    "send the parcel now": ("delivery", ("urgent",)),
    "refund me at once please": ("billing", ("urgent", "polite")),
}
NEW = ["where is the invoice", "", "the parcel 🗽 is lost", "please " * 300, "where is the invoice"]


class LetterPairs:
    """An encoder that needs no weights: unit vectors of hashed letter pairs."""

    id = "letter-pairs-1"
    width = 64

    def encode(self, texts, *, progress=None):
        vectors = np.full((len(texts), self.width), 0.01, dtype=np.float32)
        for row, text in enumerate(texts):
            for a, b in pairwise(text):
                vectors[row, (ord(a) * 31 + ord(b)) % self.width] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def examples(*questions):
    column = {"topic": 0, "tags": 1}
    return {
        question: [
            Example(text, text, labels if isinstance(labels, tuple) else (labels,))
            for text, labels in ((text, answers[column[question.name]]) for text, answers in TEXTS.items())
        ]
        for question in questions
    }


@pytest.fixture(params=[pytest.param(name, marks=heavy if name == "setfit" else ()) for name in LEARNERS])
def make(request, tiny_weights):
    """Return a function that makes the learner, with options over those that keep it quick."""
    target, quick = LEARNERS[request.param]
    module, _, attribute = target.partition(":")
    learner = getattr(importlib.import_module(module), attribute)
    folder = tiny_weights() if request.param == "setfit" else None

    def made(**options):
        context = LearnerContext(encoder=LetterPairs(), base_model=folder, config={**quick, **options})
        return learner(context)

    return made


@pytest.fixture(scope="module")
def tiny_weights(tmp_path_factory):
    """Return a function that makes a folder of random BERT weights, when it is called first."""
    made = []

    def folder():
        if not made:
            made.append(write_tiny_bert(tmp_path_factory.mktemp("weights")))
        return made[0]

    return folder


def write_tiny_bert(folder):
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    words = sorted({word for text in TEXTS for word in text.lower().split()})
    vocabulary = {piece: i for i, piece in enumerate(("[PAD]", "[UNK]", "[CLS]", "[SEP]", *words))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    torch.manual_seed(0)
    BertModel(
        BertConfig(
            vocab_size=len(vocabulary),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=160,
            initializer_range=0.5,
        )
    ).save_pretrained(folder)
    return folder


def same(first, second, tolerance=0.0):
    for name, scores in first.items():
        assert scores.labels == second[name].labels
        assert scores.probabilities == pytest.approx(second[name].probabilities, abs=tolerance)


def test_scores_have_a_row_a_text_and_the_labels_in_order(make):
    model = make().fit(examples(TOPIC, TAGS), seed=0)
    assert isinstance(model, Model)
    scores = model.score(NEW)
    assert list(scores) == ["topic", "tags"]
    for question in (TOPIC, TAGS):
        found = scores[question.name]
        assert found.labels == question.labels
        assert found.exclusive == question.exclusive
        assert found.probabilities.shape == (len(NEW), len(question.labels))
        assert found.probabilities.dtype == np.float32
    assert scores["topic"].probabilities.sum(axis=1) == pytest.approx(np.ones(len(NEW)), abs=1e-5)


def test_a_label_without_examples_has_probability_zero(make):
    scores = make().fit(examples(TOPIC, TAGS), seed=0).score(NEW)
    assert (scores["topic"].probabilities[:, 2] == 0).all()
    assert (scores["tags"].probabilities[:, 2] == 0).all()


def test_a_text_has_one_score_whatever_stands_beside_it(make):
    model = make().fit(examples(TOPIC), seed=0)
    together = model.score(NEW)["topic"].probabilities
    assert together[0] == pytest.approx(together[-1], abs=1e-6)
    alone = np.concatenate([model.score([text])["topic"].probabilities for text in NEW])
    assert alone == pytest.approx(together, abs=1e-5)


def test_no_texts_have_no_scores(make):
    assert make().fit(examples(TOPIC), seed=0).score([])["topic"].probabilities.shape == (0, 4)


def test_the_same_seed_gives_the_same_scores(make):
    first = make().fit(examples(TOPIC), seed=3).score(NEW)
    second = make().fit(examples(TOPIC), seed=3).score(NEW)
    same(first, second)


def test_a_model_comes_back_from_its_folder(make, tmp_path):
    model = make().fit(examples(TOPIC, TAGS), seed=0)
    model.save(tmp_path)
    same(model.score(NEW), make().load(tmp_path).score(NEW), tolerance=1e-6)
    suffixes = {path.suffix for path in tmp_path.rglob("*") if path.is_file()}
    assert suffixes == {".json", ".safetensors"}


def test_an_empty_folder_is_no_model(make, tmp_path):
    with pytest.raises(ArtefactError, match="missing"):
        make().load(tmp_path)


def test_damaged_weights_are_refused(make, tmp_path):
    make().fit(examples(TOPIC), seed=0).save(tmp_path)
    (weights,) = tmp_path.rglob("*.safetensors")
    content = bytearray(weights.read_bytes())
    content[-4:] = np.float32(np.nan).tobytes()
    weights.write_bytes(content)
    with pytest.raises(ArtefactError, match="not finite"):
        make().load(tmp_path)


def test_facts_of_another_shape_are_refused(make, tmp_path):
    make().fit(examples(TOPIC), seed=0).save(tmp_path)
    for path in tmp_path.glob("*.json"):
        for content in ([], {}, {"questions": [1]}, {"questions": "topic"}):
            path.write_text(json.dumps(content))
            with pytest.raises(ArtefactError):
                make().load(tmp_path)


@pytest.mark.parametrize("labels", [(), ("billing",)])
def test_one_label_only_is_not_enough(make, labels):
    given = [Example(str(i), f"text {i}", ("billing",)) for i in range(5)] if labels else []
    with pytest.raises(NotEnoughDataError, match="'topic'"):
        make().fit({TOPIC: given}, seed=0)


def test_an_unknown_label_is_refused(make):
    given = {TOPIC: [Example("1", "a", ("biling",)), Example("2", "b", ("delivery",))]}
    with pytest.raises(UnknownNameError, match="Did you mean 'billing'"):
        make().fit(given, seed=0)


def test_an_unknown_option_is_refused_with_the_known_ones(make):
    with pytest.raises(UnknownNameError, match="has no option 'cc'"):
        make(cc=1.0)
    with pytest.raises(InputError, match="'c'"):
        make(c="much")


def test_it_says_its_whole_configuration_as_json_values(make):
    defaults = make().config
    option = "c" if "c" in defaults else "sharpness"
    named = make(**{option: 7.0}).config
    assert json.loads(json.dumps(named)) == named
    assert named == {**defaults, option: 7.0}  # what was not asked for is recorded too
    assert named.get("balance", "none") in ("none", "sqrt", "balanced")


def test_ner_is_none_of_its_kinds(make):
    learner = make()
    assert learner.kinds == {"textcat", "textcat-multi"}
    with pytest.raises(InputError, match="is ner"):
        learner.fit({Question("names", "ner", ("PER",)): [Example("1", "Ada")]}, seed=0)
