"""A graph is opened only when its bytes say that it is self-contained and harmless."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from workbench.errors import ArtefactError
from workbench.serving.onnx_bytes import check_tensor, fields, read_graph, varint
from workbench.serving.session import check_signature, open_session

MakeGraph = Callable[..., onnx.ModelProto]


def test_a_graph_of_ours_says_how_many_pieces_it_knows(graph: MakeGraph) -> None:
    facts = read_graph(graph("textcat").SerializeToString())
    assert facts.vocabulary_rows == 8
    assert ("", "Gather") in facts.operators


def test_a_number_of_two_bytes_is_read_as_the_format_says() -> None:
    # 300 = 0b10_0101100: seven bits a byte, lowest first, the high bit says that more follow.
    assert varint(memoryview(b"\xac\x02"), 0) == (300, 2)
    assert list(fields(memoryview(b"\x08\xac\x02\x12\x01z"))) == [(1, 300), (2, b"z")]


def external(location: str) -> TensorProto:
    tensor = TensorProto(name="table", data_type=1, dims=[8, 2], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("length", "64")):
        tensor.external_data.add(key=key, value=value)
    return tensor


@pytest.mark.parametrize("marked", [True, False], ids=["marked", "unmarked"])
@pytest.mark.parametrize(
    "location",
    [
        "in.bin",
        "../secret.bin",
        "./x/../../secret.bin",
        "/etc/passwd",
        "link.bin",
        "hard.bin",
        "/dev/zero",
        "in\0.png",
    ],
)
def test_weights_outside_the_file_are_refused(
    graph: MakeGraph, location: str, marked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret.bin"
    secret.write_bytes(bytes(64))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "link.bin").symlink_to(secret)
    os.link(secret, tmp_path / "sub" / "hard.bin")
    monkeypatch.chdir(tmp_path / "sub")
    model = graph("textcat")
    model.graph.initializer[0].CopyFrom(external(location))
    if not marked:
        model.graph.initializer[0].ClearField("data_location")
    # onnxruntime alone would load the hard link, also when it opens the graph from bytes.
    with pytest.raises(ArtefactError, match="external data"):
        read_graph(model.SerializeToString())


def test_weights_outside_the_file_are_refused_in_a_constant_too(graph: MakeGraph) -> None:
    model = graph("textcat")
    model.graph.node.append(helper.make_node("Constant", [], ["more"], value=external("in.bin")))
    with pytest.raises(ArtefactError, match="external data"):
        read_graph(model.SerializeToString())


@pytest.mark.parametrize(
    ("operator", "domain"),
    [
        ("Anything", "my.company"),
        ("Gather", "my.company"),
        ("Loop", ""),
        ("RandomNormal", ""),
        ("Gelu", "com.microsoft"),
    ],
)
def test_operators_that_bundles_do_not_use_are_refused(graph: MakeGraph, operator: str, domain: str) -> None:
    model = graph("textcat")
    model.graph.node.append(helper.make_node(operator, ["logits"], ["more"], domain=domain))
    with pytest.raises(ArtefactError, match=f"operators that bundles do not: .*{operator}"):
        read_graph(model.SerializeToString())


def add_subgraph(model: onnx.ModelProto) -> None:
    branch = helper.make_graph([], "branch", [], [])
    model.graph.node.append(helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch))


def add_function(model: onnx.ModelProto) -> None:
    node = helper.make_node("Abs", ["x"], ["y"])
    model.functions.append(
        helper.make_function("here", "F", ["x"], ["y"], [node], [helper.make_opsetid("", 20)])
    )


def add_sparse(model: onnx.ModelProto) -> None:
    values = numpy_helper.from_array(np.ones(1, dtype=np.float32), "values")
    places = numpy_helper.from_array(np.zeros(1, dtype=np.int64), "places")
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [8]))


def lie_about_a_shape(model: onnx.ModelProto) -> None:
    del model.graph.initializer[0].dims[:]
    model.graph.initializer[0].dims.extend([50_000, 50_000])


def set_opset(domain: str, version: int) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        model.opset_import.append(helper.make_opsetid(domain, version))

    return change


@pytest.mark.parametrize(
    "change",
    [
        add_subgraph,
        add_function,
        add_sparse,
        lie_about_a_shape,
        set_opset("", 999),
        set_opset("my.company", 1),
        lambda m: setattr(m, "ir_version", 99),
        lambda m: m.ClearField("ir_version"),
        lambda m: m.ClearField("opset_import"),
        lambda m: m.ClearField("graph"),
        lambda m: m.training_info.add(),
    ],
    ids=[
        "subgraph",
        "function",
        "sparse",
        "huge",
        "opset",
        "domain",
        "ir",
        "no-ir",
        "no-opset",
        "no-graph",
        "training",
    ],
)
def test_graphs_unlike_a_bundle_are_refused(graph: MakeGraph, change: Callable[[Any], object]) -> None:
    model = graph("textcat")
    change(model)
    with pytest.raises(ArtefactError):
        read_graph(model.SerializeToString())


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 zip", b"\x80\x04\x95 pickle", b"{}", b"\x89HDF\r\n"])
def test_files_of_another_kind_are_refused(content: bytes) -> None:
    with pytest.raises(ArtefactError):
        read_graph(content)


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_and_nothing_else_happens(content: bytes) -> None:
    with pytest.raises(ArtefactError):
        read_graph(content)


def test_a_file_cut_off_anywhere_is_refused(graph: MakeGraph) -> None:
    content = graph("textcat").SerializeToString()
    graph_ends = len(content) - 6  # the operator versions stand last
    for length in range(0, graph_ends, 7):
        with pytest.raises(ArtefactError):
            read_graph(content[:length])


def test_a_cyclic_graph_is_refused(graph: MakeGraph) -> None:
    model = graph("textcat")
    model.graph.node[2].input[0] = "kept"
    with pytest.raises(ArtefactError, match="cannot run"):
        open_session(model.SerializeToString(), n_threads=1)


def test_four_bit_weights_are_not_taken_for_a_lie() -> None:
    tensor = helper.make_tensor("w", TensorProto.INT4, [4], [1, 2, 3, 4])
    assert check_tensor(memoryview(tensor.SerializeToString())) == ("w", (4,))


def signature(model: onnx.ModelProto, kind: Any = "textcat", n_outputs: int = 2) -> None:
    check_signature(open_session(model.SerializeToString(), n_threads=1), kind, n_outputs)


def test_the_signature_of_a_bundle_passes(graph: MakeGraph) -> None:
    signature(graph("textcat"))
    signature(graph("ner"), "ner", 3)


@pytest.mark.parametrize(
    ("kind", "n_outputs"), [("textcat", 3), ("textcat-multi", 1), ("ner", 2)], ids=["more", "fewer", "rank"]
)
def test_outputs_that_do_not_fit_the_labels_are_refused(graph: MakeGraph, kind: str, n_outputs: int) -> None:
    with pytest.raises(ArtefactError, match="for its labels"):
        signature(graph("textcat"), kind, n_outputs)


def test_an_input_of_another_name_is_refused(graph: MakeGraph) -> None:
    model = graph("textcat")
    model.graph.input[1].name = model.graph.node[1].input[0] = "mask_of_pieces"
    with pytest.raises(ArtefactError, match="inputs"):
        signature(model)


def test_an_output_of_another_name_is_refused(graph: MakeGraph) -> None:
    model = graph("textcat")
    model.graph.output[0].name = model.graph.node[-1].output[0] = "answers"
    with pytest.raises(ArtefactError, match="outputs"):
        signature(model)
