"""What an ONNX file says, read from its bytes without running it and without the onnx package.

An ONNX file is a protocol-buffers message (https://protobuf.dev/programming-guides/encoding, field
numbers from https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). Only the fields that decide whether
a graph may be run are looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.errors import ArtefactError

MAX_IR_VERSION = 13
MAX_OPSET = {"": 26, "com.microsoft": 1}
# What exported bundles are made of. No loops, no branches, no strings, no random numbers.
# fmt: off
OPERATORS = frozenset((
    "Abs", "Add", "And", "Cast", "Clip", "Concat", "Constant", "DequantizeLinear", "Div", "Equal", "Erf",
    "Expand", "Flatten", "Gather", "GatherElements", "GatherND", "Gelu", "Gemm", "Greater",
    "GreaterOrEqual", "Identity", "IsNaN", "LayerNormalization", "Less", "LessOrEqual", "MatMul",
    "MatMulInteger", "Max", "Min", "Mul", "Neg", "Not", "Or", "Pow", "QuantizeLinear", "Range",
    "Reciprocal", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceSum", "Reshape", "Round", "Shape", "Slice", "Softmax",
    "Sqrt", "Squeeze", "Sub", "Tanh", "Transpose", "Unsqueeze", "Where",
))
# fmt: on
MICROSOFT = ("com.microsoft", "MatMulNBits")  # int8 in blocks; the one operator beyond the standard

Field = tuple[int, "int | memoryview"]


@dataclass(frozen=True, slots=True)
class GraphFacts:
    """The rows of the vocabulary table, or None when the graph does not show it, and the operators."""

    vocabulary_rows: int | None
    operators: frozenset[tuple[str, str]]


def read_graph(content: bytes) -> GraphFacts:
    """Return the facts of a graph. Raises ArtefactError unless the graph is safe to open.

    Refused: bytes that are no ONNX model, external data, operators that bundles do not use (all custom
    ones), subgraphs, local functions, sparse weights, unknown versions, and weights that are declared
    larger than their data.
    """
    try:
        return _model(memoryview(content))
    except (IndexError, UnicodeDecodeError, OverflowError) as error:
        raise ArtefactError(f"Not an ONNX model: {error}") from error


def _model(content: memoryview) -> GraphFacts:
    graphs: list[memoryview] = []
    ir_version = 0
    opsets: dict[str, int] = {}
    for number, value in fields(content):
        if number == 1:
            ir_version = integer(value)
        elif number == 7:
            graphs.append(message(value))
        elif number == 8:
            parts = dict(fields(message(value)))
            opsets[text(parts.get(1, memoryview(b"")))] = integer(parts.get(2, 0))
        elif number in (20, 25):
            raise ArtefactError("The model holds local functions or training steps; bundles do not.")
    if len(graphs) != 1 or not opsets:
        raise ArtefactError("Not an ONNX model: it needs one graph and its operator versions.")
    if not 3 <= ir_version <= MAX_IR_VERSION:
        raise ArtefactError(
            f"The ONNX format version {ir_version} is unknown (known: 3 to {MAX_IR_VERSION})."
        )
    for domain, version in opsets.items():
        if domain not in MAX_OPSET or not 1 <= version <= MAX_OPSET[domain]:
            raise ArtefactError(f"The operators '{domain or 'ai.onnx'}' {version} are unknown.")
    return _graph(graphs[0])


def _graph(content: memoryview) -> GraphFacts:
    shapes: dict[str, tuple[int, ...]] = {}
    operators: set[tuple[str, str]] = set()
    vocabulary: str | None = None
    for number, value in fields(content):
        if number == 1:
            operator, inputs = _node(message(value))
            operators.add(operator)
            if operator == ("", "Gather") and inputs[1:] == ["input_ids"]:
                vocabulary = inputs[0]
        elif number == 5:
            name, shape = check_tensor(message(value))
            shapes[name] = shape
        elif number == 15:
            raise ArtefactError("The model holds sparse weights; bundles do not.")
    if unknown := sorted(operators - {("", name) for name in OPERATORS} - {MICROSOFT}):
        names = ", ".join(f"{domain or 'ai.onnx'}.{name}" for domain, name in unknown)
        raise ArtefactError(f"The model uses operators that bundles do not: {names}.")
    rows = shapes.get(vocabulary, (None,))[0] if vocabulary is not None else None
    return GraphFacts(rows, frozenset(operators))


def _node(content: memoryview) -> tuple[tuple[str, str], list[str]]:
    inputs: list[str] = []
    domain = name = ""
    for number, value in fields(content):
        if number == 1:
            inputs.append(text(value))
        elif number == 4:
            name = text(value)
        elif number == 5:
            _check_attribute(message(value))
        elif number == 7:
            domain = text(value)
    return ("" if domain == "ai.onnx" else domain, name), inputs


def _check_attribute(content: memoryview) -> None:
    for number, value in fields(content):
        if number in (5, 10):
            check_tensor(message(value))
        elif number in (6, 11, 22, 23):
            raise ArtefactError("The model holds a graph inside a graph or sparse weights; bundles do not.")


def check_tensor(content: memoryview) -> tuple[str, tuple[int, ...]]:
    """Return the name and shape of weights. Raises ArtefactError for external data and lying shapes."""
    shape: list[int] = []
    name = ""
    for number, value in fields(content):
        if number == 1:
            shape.extend([value] if isinstance(value, int) else varints(value))
        elif number == 8:
            name = text(value)
        elif number == 13 or (number == 14 and value != 0):
            raise ArtefactError("The model keeps weights outside its file (external data); this is refused.")
    # The narrowest numbers are 4 bits wide: two of them share a byte.
    if any(size >= 2**63 for size in shape) or math.prod(shape) > 2 * len(content):
        raise ArtefactError(f"The weights '{name[:80]}' of shape {shape} are larger than their data.")
    return name, tuple(shape)


def fields(content: memoryview) -> Iterator[Field]:
    """Walk the fields of a message: number and value, an int or the bytes of what is inside."""
    place, end = 0, len(content)
    while place < end:
        key, place = varint(content, place)
        number, wire_type = key >> 3, key & 7
        value: int | memoryview
        if wire_type == 0:
            value, place = varint(content, place)
        elif wire_type in (1, 2, 5):
            length = {1: 8, 5: 4}.get(wire_type, 0)
            if wire_type == 2:
                length, place = varint(content, place)
            if length > end - place:
                raise ArtefactError("Not an ONNX model, or cut off: a field is longer than the file.")
            value, place = content[place : place + length], place + length
        else:
            raise ArtefactError("Not an ONNX model: its bytes are no protocol-buffers message.")
        if number == 0:
            raise ArtefactError("Not an ONNX model: its bytes are no protocol-buffers message.")
        yield number, value


def varint(content: memoryview, place: int) -> tuple[int, int]:
    """Return the number that begins at `place` and the place behind it."""
    value = 0
    for shift in range(0, 70, 7):
        byte = content[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
    raise ArtefactError("Not an ONNX model: a number has more than 64 bits.")


def varints(content: memoryview) -> Iterator[int]:
    """Walk packed numbers."""
    place = 0
    while place < len(content):
        value, place = varint(content, place)
        yield value


def integer(value: int | memoryview) -> int:
    """Return the value as a number, or refuse it."""
    if not isinstance(value, int):
        raise ArtefactError("Not an ONNX model: a number is missing.")
    return value


def message(value: int | memoryview) -> memoryview:
    """Return the value as bytes, or refuse it."""
    if isinstance(value, int):
        raise ArtefactError("Not an ONNX model: a part is missing.")
    return value


def text(value: int | memoryview) -> str:
    """Return the value as text, or refuse it."""
    return str(message(value), "utf-8")
