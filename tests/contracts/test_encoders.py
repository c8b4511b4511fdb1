"""What every encoder of the workbench keeps."""

import importlib

import numpy as np
import pytest

from workbench.domain.ports import Encoder
from workbench.store.vectors import CachedEncoder, VectorFile

pytestmark = [pytest.mark.torch, pytest.mark.slow]

ENCODERS = {
    "minilm": ("workbench.encoders.minilm:MiniLmEncoder", {}),
    "minilm-fp32": ("workbench.encoders.minilm:MiniLmEncoder", {"precision": "fp32"}),
    "named": ("workbench.encoders.sentence_transformer:SentenceTransformerEncoder", {"name": "minilm"}),
}
SENTENCE = "the courier left the parcel with a neighbour who was away "
TEXTS = [
    "where is my parcel",
    "my parcel has not arrived",
    "the invoice shows a wrong amount",
    "",
    "🗽",
    "Где моя посылка?",
    SENTENCE * 40,
]


def made(name) -> Encoder:
    target, options = ENCODERS[name]
    module, _, attribute = target.partition(":")
    if options.get("name") == "minilm":
        from workbench.networks.backbone import default_base

        options = {"name": str(default_base())}
    return getattr(importlib.import_module(module), attribute)(n_threads=1, **options)


@pytest.fixture(scope="module", params=ENCODERS)
def encoder(request):
    return made(request.param)


@pytest.fixture(scope="module")
def vectors(encoder):
    return encoder.encode(TEXTS)


def test_vectors_are_unit_rows_of_the_width_it_names(encoder, vectors):
    assert vectors.shape == (len(TEXTS), encoder.width)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


def test_the_order_of_the_texts_is_kept(encoder, vectors):
    backwards = encoder.encode(TEXTS[::-1])[::-1]
    assert (backwards * vectors).sum(axis=1).min() > 0.999


def test_texts_of_one_meaning_lie_nearer(vectors):
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_a_long_text_is_near_what_it_says_and_not_cut(encoder, vectors):
    ending = encoder.encode([f"{TEXTS[-1]} {'I want my money back. ' * 60}"])[0]
    assert vectors[-1] @ encoder.encode([SENTENCE])[0] > 0.7
    assert ending @ vectors[-1] < 0.98


def test_no_texts_give_no_vectors(encoder):
    assert encoder.encode([]).shape == (0, encoder.width)


def test_the_same_texts_give_the_same_vectors(encoder, vectors):
    assert (encoder.encode(TEXTS) == vectors).all()


def test_another_instance_has_the_same_id(encoder):
    assert made("minilm").id == made("minilm").id
    assert encoder.id.count("@") == 1


def test_the_cache_keeps_the_vectors_within_half_precision(encoder, vectors, tmp_path):
    cached = CachedEncoder(encoder, VectorFile(tmp_path, encoder.id, encoder.width))
    assert cached.encode(TEXTS) == pytest.approx(vectors, abs=1e-3)


def test_bfloat16_agrees_with_full_precision():
    from workbench.encoders.minilm import MiniLmEncoder

    full = MiniLmEncoder(precision="fp32").encode(TEXTS)
    half = MiniLmEncoder(precision="bf16").encode(TEXTS)
    assert (full * half).sum(axis=1).min() > 0.999
