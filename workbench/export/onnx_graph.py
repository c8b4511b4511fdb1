"""A torch module to an ONNX graph in fp32, tidied so that the int8 step finds every product the same way."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import onnx
import torch
from onnx import ModelProto, NodeProto, helper, numpy_helper

OPSET = 20
MAX_BATCH = 65_536
INPUTS = ("input_ids", "attention_mask")
OUTPUT = "logits"


def to_onnx(module: torch.nn.Module, *, max_pieces: int) -> ModelProto:
    """Return the graph of `forward(input_ids, attention_mask) -> logits`; both inputs (batch, length) int64.

    Batch and length are free, the length from 2 to `max_pieces`. The weights are inside the model. The
    module is put into evaluation mode: a graph of a module in training would hold its dropout.
    """
    module.eval()
    batch = torch.export.Dim("batch", min=1, max=MAX_BATCH)
    length = torch.export.Dim("length", min=2, max=max_pieces)
    # Two tensors: one given twice is taken for one input, and the graph would read the mask as pieces.
    example = (torch.zeros((3, 7), dtype=torch.int64), torch.ones((3, 7), dtype=torch.int64))
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            module,
            example,
            dynamo=True,
            dynamic_shapes=({0: batch, 1: length}, {0: batch, 1: length}),
            external_data=False,
            input_names=list(INPUTS),
            output_names=[OUTPUT],
            opset_version=OPSET,
            verbose=False,
        )
    assert program is not None
    return tidy(program.model_proto)


def tidy(model: ModelProto) -> ModelProto:
    """Name every node, turn Gemm into MatMul and Add, and drop what only debugging needs.

    The exporter's notes hold stack traces with paths of this machine, and its shape notes make
    onnxruntime's quantiser fail.
    """
    del model.graph.value_info[:]
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    _replace_nodes(model, [part for node in model.graph.node for part in _without_gemm(model, node)])
    for number, node in enumerate(model.graph.node):
        node.name = f"{node.op_type}_{number}"
        node.doc_string = ""
        del node.metadata_props[:]
    for value in (*model.graph.input, *model.graph.output, *model.graph.initializer):
        value.doc_string = ""
        del value.metadata_props[:]
    model.producer_name, model.producer_version = "annotation-workbench", ""
    drop_unused_weights(model)
    return model


def weights_of(model: ModelProto) -> dict[str, onnx.TensorProto]:
    """Return the stored weights by name."""
    return {tensor.name: tensor for tensor in model.graph.initializer}


def weight_products(model: ModelProto) -> list[NodeProto]:
    """Return the products of an activation with stored weights, in graph order: the dense layers."""
    stored = weights_of(model)
    return [n for n in model.graph.node if n.op_type == "MatMul" and n.input[1] in stored]


def drop_unused_weights(model: ModelProto) -> None:
    """Remove the weights that no node reads."""
    used = {name for node in model.graph.node for name in node.input}
    for tensor in [t for t in model.graph.initializer if t.name not in used]:
        model.graph.initializer.remove(tensor)


def replace_node(model: ModelProto, old: NodeProto, new: list[NodeProto]) -> None:
    """Put nodes in the place of one."""
    place = next(number for number, node in enumerate(model.graph.node) if node is old or node == old)
    model.graph.node.remove(old)
    for offset, node in enumerate(new):
        model.graph.node.insert(place + offset, node)


def _without_gemm(model: ModelProto, node: NodeProto) -> list[NodeProto]:
    if node.op_type != "Gemm":
        return [node]
    attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    if attributes.get("transA") or attributes.get("alpha", 1.0) != 1.0 or attributes.get("beta", 1.0) != 1.0:
        return [node]
    rows, weights, bias = node.input
    if attributes.get("transB"):
        array = numpy_helper.to_array(weights_of(model)[weights])
        weights = f"{weights}.transposed"
        model.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(array.T), weights))
    product = f"{node.output[0]}.product"
    return [
        helper.make_node("MatMul", [rows, weights], [product]),
        helper.make_node("Add", [product, bias], [node.output[0]]),
    ]


def _replace_nodes(model: ModelProto, nodes: list[NodeProto]) -> None:
    copies = [NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del model.graph.node[:]
    model.graph.node.extend(copies)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's remarks on its own workings out of the user's terminal."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
