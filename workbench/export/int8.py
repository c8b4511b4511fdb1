"""int8 weights whose answers do not depend on the batch a text came in.

The vocabulary table keeps one int8 row and one scale a piece. The products of dense layers follow one of
the recipes below. What none of them does is to take the scale of activations from the batch at hand, as
plain dynamic quantisation does: there the same text scores differently in other company.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import onnxruntime
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from workbench.domain.arrays import AnyArray, Rows
from workbench.export.onnx_graph import (
    drop_unused_weights,
    replace_node,
    weight_products,
    weights_of,
)

Batch = tuple[Rows, Rows]  # ids and mask, both (b, p)
Ranges = Mapping[str, tuple[float, float]]  # lowest and highest value of an activation
BLOCK = 128


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to int8: its name in the bundle, what it does in words, and the step for the products."""

    name: str
    words: str
    change_products: Callable[[ModelProto, Ranges], None]


def to_int8(model: ModelProto, recipe: Recipe, ranges: Ranges) -> ModelProto:
    """Return an int8 copy of a tidy fp32 graph; the copy has the same inputs and outputs."""
    changed: ModelProto = ModelProto.FromString(model.SerializeToString())
    quantise_vocabulary(changed)
    recipe.change_products(changed, ranges)
    drop_unused_weights(changed)
    return changed


def quantise_vocabulary(model: ModelProto) -> None:
    """Replace the fp32 table of piece vectors by int8 rows with a scale each; changed in place."""
    (lookup,) = [n for n in model.graph.node if n.op_type == "Gather" and n.input[1] == "input_ids"]
    table = numpy_helper.to_array(weights_of(model)[lookup.input[0]])
    rows, scales = quantised(table, axis=1)
    store(model, {"vocabulary.int8": rows, "vocabulary.scale": scales})
    replace_node(
        model,
        lookup,
        [
            helper.make_node("Gather", ["vocabulary.int8", "input_ids"], ["vocabulary.row"], axis=0),
            helper.make_node("Gather", ["vocabulary.scale", "input_ids"], ["vocabulary.factor"], axis=0),
            helper.make_node("Cast", ["vocabulary.row"], ["vocabulary.float"], to=TensorProto.FLOAT),
            helper.make_node("Mul", ["vocabulary.float", "vocabulary.factor"], [lookup.output[0]]),
        ],
    )


def quantised(array: AnyArray, *, axis: int) -> tuple[AnyArray, AnyArray]:
    """Return int8 values -127 to 127 and fp32 scales, one for each slice along `axis` (kept as size 1).

    `values * scales` is the array again but for half a scale; a slice of zeros has scale 1.
    """
    scales = np.abs(array).max(axis=axis, keepdims=True).astype(np.float32) / np.float32(127)
    scales[scales == 0] = 1.0
    return np.round(array / scales).astype(np.int8), scales


def store(model: ModelProto, weights: Mapping[str, AnyArray]) -> None:
    """Add weights to a graph."""
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in weights.items())


def activation_ranges(model: ModelProto, batches: Iterable[Batch]) -> dict[str, tuple[float, float]]:
    """Run calibration batches through a tidy fp32 graph and return what goes into each dense layer.

    The range of values always holds zero. Rows of padding count too: give batches of one text each.
    """
    watched = ModelProto.FromString(model.SerializeToString())
    names = sorted({node.input[0] for node in weight_products(model)})
    watched.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
    session = onnxruntime.InferenceSession(watched.SerializeToString(), providers=["CPUExecutionProvider"])
    ranges = {name: (0.0, 0.0) for name in names}
    for ids, mask in batches:
        for name, values in zip(
            names, session.run(names, {"input_ids": ids, "attention_mask": mask}), strict=True
        ):
            low, high = ranges[name]
            ranges[name] = (min(low, float(values.min())), max(high, float(values.max())))
    return ranges


def static_products(model: ModelProto, ranges: Ranges) -> None:
    """Give every dense layer int8 weights, a scale a column, and uint8 inputs of the measured range.

    Unsigned inputs with a zero point of their own: twice as fast as signed ones in onnxruntime, and
    exact where it matters for lopsided activations such as those behind a GELU.
    """
    for name, (low, high) in ranges.items():
        scale = (high - low) / 255 or 1.0
        zero = np.array(np.clip(round(-low / scale), 0, 255), dtype=np.uint8)
        store(model, {f"{name}.scale": np.array(scale, dtype=np.float32), f"{name}.zero": zero})
    made: set[str] = set()
    for product in weight_products(model):
        rows = product.input[0]
        replace_node(model, product, _static_product(model, product, first=rows not in made))
        made.add(rows)


def _static_product(model: ModelProto, product: NodeProto, *, first: bool) -> list[NodeProto]:
    rows, weights = product.input
    answer = product.output[0]
    limits = [f"{rows}.scale", f"{rows}.zero"]
    kept = [helper.make_node("QuantizeLinear", [rows, *limits], [f"{rows}.uint8"])]
    return [
        *(kept if first else []),
        helper.make_node("DequantizeLinear", [f"{rows}.uint8", *limits], [f"{answer}.rows"]),
        helper.make_node("DequantizeLinear", columns_of(model, weights), [f"{answer}.weights"], axis=1),
        helper.make_node("MatMul", [f"{answer}.rows", f"{answer}.weights"], [answer]),
    ]


def columns_of(model: ModelProto, weights: str) -> list[str]:
    """Store a matrix as int8 with a scale a column; return the names of values, scales and zero points."""
    values, scales = quantised(numpy_helper.to_array(weights_of(model)[weights]), axis=0)
    parts = {
        f"{weights}.int8": values,
        f"{weights}.scale": scales.reshape(-1),
        f"{weights}.zero": np.zeros(scales.size, dtype=np.int8),
    }
    store(model, parts)
    return list(parts)


def blockwise_products(model: ModelProto, _: Ranges) -> None:
    """Give every dense layer int8 weights in blocks of 128 inputs; activations are scaled a row and block.

    onnxruntime's MatMulNBits scales each row of activations by itself, so nothing depends on the batch
    and nothing needs calibration.
    """
    for product in weight_products(model):
        rows, weights = product.input
        matrix = numpy_helper.to_array(weights_of(model)[weights])
        n_in, n_out = matrix.shape
        n_blocks = -(-n_in // BLOCK)
        filled = np.zeros((n_out, n_blocks * BLOCK), dtype=np.float32)
        filled[:, :n_in] = matrix.T
        values, scales = quantised(filled.reshape(n_out, n_blocks, BLOCK), axis=2)
        # The operator reads unsigned bytes whose zero is 128.
        packed = (values.astype(np.int16) + 128).astype(np.uint8)
        store(model, {f"{weights}.uint8": packed, f"{weights}.scale": scales.reshape(n_out, n_blocks)})
        node = helper.make_node(
            "MatMulNBits",
            [rows, f"{weights}.uint8", f"{weights}.scale"],
            list(product.output),
            domain="com.microsoft",
            K=n_in,
            N=n_out,
            bits=8,
            block_size=BLOCK,
            accuracy_level=4,
        )
        replace_node(model, product, [node])
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))


def stored_products(model: ModelProto, _: Ranges) -> None:
    """Store the weights of dense layers as int8, a scale a column, and compute with them in fp32."""
    for product in weight_products(model):
        rows, weights = product.input
        whole = f"{product.output[0]}.weights"
        nodes = [
            helper.make_node("DequantizeLinear", columns_of(model, weights), [whole], axis=1),
            helper.make_node("MatMul", [rows, whole], list(product.output)),
        ]
        replace_node(model, product, nodes)
