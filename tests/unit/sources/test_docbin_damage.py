"""Files that are no DocBin, or a damaged one: refused by their content, whatever they are called."""

import struct
import zlib

import numpy as np
import pytest
import spacy
from spacy.tokens import DocBin
from srsly import msgpack

from workbench.domain.annotations import Annotation
from workbench.domain.conversion import LabelledDocument, ReadOptions, WriteOptions
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.spans import Span
from workbench.errors import SourceError
from workbench.sources.spacy_docbin import DocBinSource

pytestmark = pytest.mark.torch  # which spaCy imports

SOURCE = DocBinSource()
NLP = spacy.blank("en")
TEXT = "Ada met Bob in New York."


@pytest.fixture
def path(tmp_path):
    return tmp_path / "train.spacy"


def saved(path, *docs):
    DocBin(docs=docs).to_disk(path)
    return path


def write(path, text, *spans):
    cut = tuple(Span.of(text, *span) for span in spans)
    answer = Annotation("c", "d1", "parts", "ada", spans=cut)
    question = Question("parts", "ner", ("PER",))
    SOURCE.write([LabelledDocument(Document("d1", text), (answer,))], (question,), path, WriteOptions(), {})


def refusal(path) -> str:
    with pytest.raises(SourceError) as caught:
        SOURCE.read(path, ReadOptions())
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\x80\x04\x95pickle",
        zlib.compress(b"no msgpack"),
        zlib.compress(msgpack.packb([1])),
        zlib.compress(msgpack.packb({"attrs": []})),
        zlib.compress(msgpack.packb({"a": np.zeros(3)})),
    ],
)
def test_what_is_no_docbin_is_refused_by_its_content(path, content):
    path.write_bytes(content)
    assert "no sound DocBin" in refusal(path)


@pytest.mark.slow
def test_a_cut_or_longer_file_is_refused(path):
    whole = saved(path, NLP(TEXT)).read_bytes()
    for content in (*(whole[:end] for end in range(len(whole))), whole + b"x"):
        path.write_bytes(content)
        assert "no sound DocBin" in refusal(path)


@pytest.mark.slow
def test_a_bomb_is_refused_before_it_goes_off(path):
    path.write_bytes(zlib.compress(b"\0" * (70 * 1024 * 1024), 9))
    assert "would unpack to more than" in refusal(path)


def changed(path, **parts):
    message = msgpack.unpackb(zlib.decompress(path.read_bytes()), raw=False)
    path.write_bytes(zlib.compress(msgpack.packb({**message, **parts}, use_bin_type=True)))
    return path


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"attrs": [65]}, "another size"),
        ({"attrs": [77, 77, 77]}, "which words"),
        ({"attrs": ["65", 77, 78]}, "which words"),
        ({"lengths": b"\1\0\0\0"}, "another size"),
        ({"lengths": b"\xff\xff\xff\xff"}, "another size"),
        ({"lengths": b"abc"}, "lengths"),
        ({"spaces": b"\2\1\1\1\1\1\0"}, "spaces are damaged"),
        ({"strings": [1]}, "strings"),
        ({"strings": []}, "missing among the strings"),
        ({"cats": []}, "cats do not fit"),
        ({"cats": [3]}, "cats do not fit"),
        ({"cats": "x"}, "cats"),
        ({"flags": [None]}, "flags do not fit"),
        ({"user_data": [3]}, "user_data do not fit"),
        ({"user_data": [b"\xc1"]}, "user_data is damaged"),
        ({"user_data": [msgpack.packb({"workbench": 3})]}, "user_data is damaged"),
        ({"user_data": [msgpack.packb({"workbench": "[]"})]}, "user_data is damaged"),
        ({"user_data": [msgpack.packb({"workbench": '{"id": 3}'})]}, "is damaged"),
        ({"user_data": [msgpack.packb({"workbench": '{"kind": "x"}'})]}, "is damaged"),
        ({"span_groups": [b"\xc1"]}, "damaged"),
        ({"span_groups": [msgpack.packb({b"x": ["sc"]})]}, "damaged"),
        ({"span_groups": [msgpack.packb({msgpack.packb({"spans": [b"x"]}): ["sc"]})]}, "damaged"),
    ],
)
def test_damaged_parts_are_refused(path, parts, words):
    write(path, TEXT, (0, 3, "PER"))
    assert words in refusal(changed(path, **parts))


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 2), (0, 99), (3, 1)])
def test_groups_that_point_outside_the_document_are_refused(path, start, end):
    saved(path, NLP(TEXT))
    label = NLP.vocab.strings.add("PER")
    span = struct.pack(">QQQllll", 0, 0, label, start, end, 0, 3)
    group = msgpack.packb({"name": "sc", "attrs": {}, "spans": [span]}, use_bin_type=True)
    message = msgpack.unpackb(zlib.decompress(path.read_bytes()), raw=False)
    groups = [msgpack.packb({group: ["sc"]}, use_bin_type=True)]
    assert "covers the tokens" in refusal(
        changed(path, span_groups=groups, strings=[*message["strings"], "PER"])
    )


@pytest.mark.parametrize(("code", "words"), [(1, "not there"), (9, "IOB code 9")])
def test_entity_codes_that_make_no_sense_are_refused(path, code, words):
    write(path, "Ada")
    message = msgpack.unpackb(zlib.decompress(path.read_bytes()), raw=False)
    table = np.frombuffer(message["tokens"], dtype="<u8").copy()
    table[1] = code
    assert words in refusal(changed(path, tokens=table.tobytes()))
