"""A tiny graph with a vocabulary table and two dense layers, as the torch exporter would leave it."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

N_PIECES, WIDTH, INNER, N_LABELS = 30, 40, 24, 3


def make_graph() -> onnx.ModelProto:
    rng = np.random.default_rng(0)
    weights = {
        "table": rng.normal(size=(N_PIECES, WIDTH)),
        "first": rng.normal(size=(WIDTH, INNER)) / 6,
        "second": rng.normal(size=(N_LABELS, INNER)) / 5,
        "bias": rng.normal(size=N_LABELS),
    }
    stored = [numpy_helper.from_array(array.astype(np.float32), name) for name, array in weights.items()]
    axes = [numpy_helper.from_array(np.array([n]), name) for n, name in ((2, "last"), (1, "middle"))]
    unused = numpy_helper.from_array(np.zeros(5, dtype=np.float32), "unused")
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["vectors"]),
        helper.make_node("MatMul", ["vectors", "first"], ["inner"]),
        helper.make_node("Gelu", ["inner"], ["active"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["column"]),
        helper.make_node("Mul", ["active", "column"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "middle"], ["sums"], keepdims=0),
        helper.make_node("Gemm", ["sums", "second", "bias"], ["logits"], transB=1),
    ]
    nodes[1].metadata_props.add(key="stack_trace", value="/home/somebody/model.py")
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", N_LABELS])
    graph = helper.make_graph(
        nodes, "tiny", inputs, [output], [*stored, *axes, unused], value_info=[output], doc_string="a note"
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


@pytest.fixture
def graph() -> onnx.ModelProto:
    return make_graph()
