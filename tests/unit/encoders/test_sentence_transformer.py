"""Encoding with tiny random models, against sentence-transformers itself."""

import numpy as np
import pytest

from workbench.encoders.sentence_transformer import SentenceTransformerEncoder
from workbench.errors import ArtefactError, UnknownNameError

pytestmark = [pytest.mark.torch, pytest.mark.slow]

TEXTS = ["where is my parcel", "the invoice is wrong", "", "refund now please", "is", "xyz 🗽"]
LONG = "where is my parcel please refund the invoice now " * 5


def library_vectors(folder, texts):
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu").encode(texts, normalize_embeddings=True)


@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
def test_vectors_are_those_of_the_library(make_folder, pooling):
    folder = make_folder(pooling)
    vectors = SentenceTransformerEncoder(folder).encode(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors == pytest.approx(library_vectors(folder, TEXTS), abs=1e-5)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_a_vector_does_not_depend_on_its_neighbours_or_its_place(make_folder, pooling):
    encoder = SentenceTransformerEncoder(make_folder(pooling))
    together = encoder.encode([*TEXTS, LONG])
    alone = np.concatenate([encoder.encode([text]) for text in [*TEXTS, LONG]])
    assert together == pytest.approx(alone, abs=1e-5)
    assert encoder.encode([LONG, *TEXTS[::-1]])[::-1] == pytest.approx(together, abs=1e-5)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_nothing_of_a_long_text_is_cut_off(make_folder, pooling):
    encoder = SentenceTransformerEncoder(make_folder(pooling))
    first, second = encoder.encode([LONG, f"{LONG} refund refund refund wrong wrong"])
    assert np.linalg.norm([first, second], axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert first @ second < 0.9999


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_a_repeated_text_stays_near_itself(make_folder, pooling):
    encoder = SentenceTransformerEncoder(make_folder(pooling))
    once = "where is my parcel please refund the invoice now "
    vectors = encoder.encode([once, once * 8])
    assert vectors[0] @ vectors[1] > 0.5


def test_no_texts_give_no_vectors(make_folder):
    assert SentenceTransformerEncoder(make_folder()).encode([]).shape == (0, 16)


def test_progress_ends_at_the_total(make_folder):
    for pooling in ("mean", "cls"):
        seen = []
        encoder = SentenceTransformerEncoder(make_folder(pooling, name=pooling))
        encoder.encode(TEXTS * 30, progress=lambda done, total, what, seen=seen: seen.append((done, total)))
        assert seen[-1] == (180, 180)


def test_the_id_names_model_weights_precision_and_length(make_folder):
    folder = make_folder()
    plain = SentenceTransformerEncoder(folder).id
    assert plain.startswith("tiny@")
    assert plain.endswith("-fp32-12")
    assert SentenceTransformerEncoder(f"{folder}/").id == plain
    assert SentenceTransformerEncoder(folder, precision="bf16").id == plain.replace("fp32", "bf16")
    assert SentenceTransformerEncoder(make_folder("cls", name="other")).id != plain.replace("tiny", "other")


def test_bfloat16_stays_near_full_precision(make_folder):
    folder = make_folder()
    full = SentenceTransformerEncoder(folder).encode(TEXTS)
    half = SentenceTransformerEncoder(folder, precision="bf16").encode(TEXTS)
    assert half.dtype == np.float32
    assert (full * half).sum(axis=1).min() > 0.99


def test_an_unknown_precision_is_answered_with_the_known_ones(make_folder):
    with pytest.raises(UnknownNameError, match="fp32, bf16"):
        SentenceTransformerEncoder(make_folder(), precision="int8")


def test_only_means_of_pieces_name_their_backbone(make_folder):
    folder = make_folder()
    assert SentenceTransformerEncoder(folder).backbone_folder == folder.resolve()
    assert SentenceTransformerEncoder(make_folder("cls", name="cls")).backbone_folder is None


def test_a_folder_the_library_cannot_load_is_refused(make_folder):
    folder = make_folder("cls")
    (folder / "model.safetensors").write_bytes(b"nonsense")
    with pytest.raises(ArtefactError, match="cannot load"):
        SentenceTransformerEncoder(folder)
