"""The bytes of a DocBin, decompressed within limits and checked before anybody trusts them.

A DocBin is zlib over msgpack: a table of 64-bit hashes a token, the strings they stand for, and a few
lists with an item a document (https://spacy.io/api/docbin). Nothing in it is code. spaCy's own reader
hands its numbers to C unchecked, so this module reads the columns that are needed, and only those.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from srsly import msgpack

from workbench.config import LIMITS, MEBIBYTE
from workbench.domain.arrays import AnyArray
from workbench.errors import Problem, SourceError

# Numbers of token attributes in spaCy's symbol table; they are part of its format.
ORTH, NORM, ENT_IOB, ENT_TYPE, SPACY = 65, 67, 77, 78, 81
SPAN = {40: struct.Struct(">QQQllll"), 32: struct.Struct(">QQllll")}  # since 3.5, and before
MOST_EXPANSION = 300
ALWAYS_ALLOWED = 64 * MEBIBYTE


@dataclass(frozen=True, slots=True, eq=False)
class RawDoc:
    """One document: k tokens as hashes, with their IOB codes (0 none, 1 I, 2 O, 3 B) and entity types.

    `groups` and `user_data` are msgpack; `has_more` tells of tags, lemmas, parses or other attributes.
    """

    orth: AnyArray  # (k,) uint64, as are the next two
    ent_iob: AnyArray
    ent_type: AnyArray
    spaces: AnyArray  # (k,) bool
    cats: Mapping[str, Any]
    groups: bytes
    user_data: bytes | None
    has_unknown_spaces: bool
    has_more: bool


@dataclass(frozen=True, slots=True)
class Content:
    """The documents of a DocBin and all strings that their hashes stand for."""

    strings: list[str]
    docs: list[RawDoc]


def read_content(content: bytes, file: str) -> Content:
    """Return the checked content of a DocBin.

    Raises SourceError for what is none, is damaged, or would take far more room than its file.
    """
    message = _message(_decompressed(content, file), file)
    n_docs = _check(message, file)
    spaces = np.frombuffer(message["spaces"], dtype=bool)
    table = np.frombuffer(message["tokens"], dtype="<u8").reshape(len(spaces), len(message["attrs"]))
    columns = dict(zip(message["attrs"], table.T, strict=True))
    nothing = np.zeros(len(table), dtype=np.uint64)
    others = [column for n, column in columns.items() if n not in (ORTH, NORM, ENT_IOB, ENT_TYPE, SPACY)]
    has_more = np.any(np.stack(others), axis=0) if others else nothing
    groups = message.get("span_groups", [b""] * n_docs)
    users = message.get("user_data", [None] * n_docs)
    flags = message.get("flags", [{}] * n_docs)
    docs = []
    for number, part in enumerate(_parts(message)):
        docs.append(
            RawDoc(
                columns[ORTH][part],
                columns.get(ENT_IOB, nothing)[part],
                columns.get(ENT_TYPE, nothing)[part],
                spaces[part],
                message["cats"][number],
                groups[number],
                users[number],
                bool(flags[number].get("has_unknown_spaces")),
                bool(has_more[part].any()),
            )
        )
    return Content(message["strings"], docs)


def _parts(message: Mapping[str, Any]) -> list[slice]:
    """Return the rows of the table that each document has."""
    ends = np.cumsum(np.frombuffer(message["lengths"], dtype="<i4")).tolist()
    return [slice(start, end) for start, end in pairwise([0, *ends])]


def _decompressed(content: bytes, file: str) -> bytes:
    limit = min(LIMITS.file_bytes, max(ALWAYS_ALLOWED, MOST_EXPANSION * len(content)))
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(content, limit)
    except zlib.error as error:
        raise no_docbin(file, "it is not compressed as one") from error
    if unpacker.unconsumed_tail:
        raise no_docbin(file, f"it would unpack to more than {limit // MEBIBYTE} MiB")
    if not unpacker.eof or unpacker.unused_data:
        raise no_docbin(file, "it is cut off or has something after its end")
    return data


def _message(data: bytes, file: str) -> dict[str, Any]:
    try:
        message = unpacked(data)
    except (ValueError, TypeError) as error:
        raise no_docbin(file, "its content is damaged") from error
    if not isinstance(message, dict):
        raise no_docbin(file, "its content is something else")
    return message


def _check(message: Mapping[str, Any], file: str) -> int:
    """Return the number of documents. Raises SourceError unless all parts are there and agree on it."""
    parts = {"attrs": list, "tokens": bytes, "spaces": bytes, "lengths": bytes, "strings": list, "cats": list}
    wrong = [name for name, kind in parts.items() if not isinstance(message.get(name), kind)]
    if wrong or len(message["lengths"]) % 4:
        raise no_docbin(file, f"these parts are missing or damaged: {', '.join(wrong) or 'lengths'}")
    attributes, lengths = message["attrs"], np.frombuffer(message["lengths"], dtype="<i4")
    if not all(type(number) is int for number in attributes) or attributes.count(ORTH) != 1:
        raise no_docbin(file, "it does not say which words it has")
    n_tokens = int(lengths.sum(dtype=np.int64))
    sizes = (len(message["tokens"]), len(message["spaces"]))
    if (lengths < 0).any() or sizes != (n_tokens * len(attributes) * 8, n_tokens):
        raise no_docbin(file, "its table of tokens has another size than it says")
    if set(message["spaces"]) - {0, 1} or not all(isinstance(string, str) for string in message["strings"]):
        raise no_docbin(file, "its strings or spaces are damaged")
    lists: dict[str, type | tuple[type, ...]] = {"cats": dict, "span_groups": bytes, "flags": dict}
    for name, kind in {**lists, "user_data": (bytes, type(None))}.items():
        items = message.get(name, [])
        complete = name not in message or (isinstance(items, list) and len(items) == len(lengths))
        if not complete or not all(isinstance(item, kind) for item in items):
            raise no_docbin(file, f"its {name} do not fit its documents")
    return len(lengths)


def unpacked(data: bytes, *, use_list: bool = True) -> Any:
    """Return a msgpack value. Raises ValueError or TypeError when it is damaged."""
    # The hook also keeps srsly from looking up its decoders, for numpy and from other packages, each time.
    return msgpack.unpackb(data, raw=False, use_list=use_list, object_pairs_hook=dict)


def no_docbin(file: str, why: str) -> SourceError:
    """Return the error for a file that is no sound DocBin."""
    problem = Problem("no-docbin", f"This is no sound DocBin of spaCy: {why}.")
    return SourceError(file, [problem], hint="Write it again with DocBin.to_disk.")


def read_groups(data: bytes) -> dict[str, list[tuple[int, int, int]]]:
    """Return the spans of each span group as (first token, token behind the last, hash of the label).

    Raises ValueError when the data is damaged.
    """
    packed = unpacked(data) if data else []
    if isinstance(packed, list):  # before 3.5.1 the groups named themselves
        packed = {item: None for item in packed}
    if not isinstance(packed, dict):
        raise ValueError("the span groups are no groups")
    groups: dict[str, list[tuple[int, int, int]]] = {}
    for item, names in packed.items():
        group = unpacked(item) if isinstance(item, bytes) else None
        if not isinstance(group, dict) or not isinstance(group.get("spans"), list):
            raise ValueError("a span group is damaged")
        spans = [_span(span) for span in group["spans"]]
        groups |= {str(name): spans for name in (names or [group.get("name")])}
    return groups


def _span(data: Any) -> tuple[int, int, int]:
    if not isinstance(data, bytes) or len(data) not in SPAN:
        raise ValueError("a span of a group is damaged")
    label, start, end = SPAN[len(data)].unpack(data)[-5:-2]
    return start, end, label
