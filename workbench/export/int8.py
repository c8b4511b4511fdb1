"""int8 weights whose answers do not depend on the batch a text came in.

The vocabulary table keeps one int8 row and one scale a piece. The products of dense layers follow one of
the recipes below. What none of them does is to take the scale of activations from the batch at hand, as
plain dynamic quantisation does: there the same text scores differently in other company.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from workbench.domain.arrays import AnyArray
from workbench.export.onnx_graph import (
    drop_unused_weights,
    replace_node,
    weight_products,
    weights_of,
)

BLOCK = 32


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to int8: its name in the bundle, what it does in words, and the step for the products."""

    name: str
    words: str
    change_products: Callable[[ModelProto], None]


def to_int8(model: ModelProto, recipe: Recipe) -> ModelProto:
    """Return an int8 copy of a tidy fp32 graph; the copy has the same inputs and outputs."""
    changed: ModelProto = ModelProto.FromString(model.SerializeToString())
    quantise_vocabulary(changed)
    recipe.change_products(changed)
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


def by_row_products(model: ModelProto) -> None:
    """Give every dense layer int8 weights, a scale a column, and uint8 inputs, a scale a row.

    The scale of a row comes from that row alone (in a layer of a transformer: from one piece), so
    nothing depends on the batch and nothing needs calibration: LLM.int8 without its outliers (Dettmers
    et al., https://arxiv.org/abs/2208.07339). Inputs are unsigned around 128: onnxruntime multiplies
    signed ones up to ten times slower.
    """
    store(
        model,
        {
            "rows.axis": np.array([-1]),
            "rows.steps": np.array(127, dtype=np.float32),
            "rows.least": np.array(1e-9, dtype=np.float32),
            "rows.middle": np.array(128, dtype=np.float32),
            "rows.zero": np.array(128, dtype=np.uint8),
        },
    )
    made: set[str] = set()
    for product in weight_products(model):
        rows, weights = product.input
        replace_node(
            model,
            product,
            [
                *([] if rows in made else _quantised_rows(rows)),
                *_integer_product(model, rows, weights, product.output[0]),
            ],
        )
        made.add(rows)


def _quantised_rows(rows: str) -> list[NodeProto]:
    """Nodes that bring each row to uint8 with zero at 128; `{rows}.factor` brings it back."""
    return [
        helper.make_node("Abs", [rows], [f"{rows}.size"]),
        helper.make_node("ReduceMax", [f"{rows}.size", "rows.axis"], [f"{rows}.highest"], keepdims=1),
        helper.make_node("Div", [f"{rows}.highest", "rows.steps"], [f"{rows}.step"]),
        helper.make_node("Max", [f"{rows}.step", "rows.least"], [f"{rows}.factor"]),
        helper.make_node("Div", [rows, f"{rows}.factor"], [f"{rows}.scaled"]),
        helper.make_node("Round", [f"{rows}.scaled"], [f"{rows}.whole"]),
        helper.make_node("Add", [f"{rows}.whole", "rows.middle"], [f"{rows}.moved"]),
        helper.make_node("Cast", [f"{rows}.moved"], [f"{rows}.uint8"], to=TensorProto.UINT8),
    ]


def _integer_product(model: ModelProto, rows: str, weights: str, answer: str) -> list[NodeProto]:
    values, scales, _ = columns_of(model, weights)
    return [
        helper.make_node("MatMulInteger", [f"{rows}.uint8", values, "rows.zero"], [f"{answer}.integer"]),
        helper.make_node("Cast", [f"{answer}.integer"], [f"{answer}.float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{answer}.float", f"{rows}.factor"], [f"{answer}.by_row"]),
        helper.make_node("Mul", [f"{answer}.by_row", scales], [answer]),
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


def blockwise_products(model: ModelProto) -> None:
    """Give every dense layer int8 weights in blocks of 32 inputs; activations are scaled a row and block.

    onnxruntime's MatMulNBits scales activations in blocks of each row: slower than `by_row_products` and
    nearer to fp32.
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


def stored_products(model: ModelProto) -> None:
    """Store the weights of dense layers as int8, a scale a column, and compute with them in fp32."""
    for product in weight_products(model):
        rows, weights = product.input
        whole = f"{product.output[0]}.weights"
        nodes = [
            helper.make_node("DequantizeLinear", columns_of(model, weights), [whole], axis=1),
            helper.make_node("MatMul", [rows, whole], list(product.output)),
        ]
        replace_node(model, product, nodes)


def kept_products(model: ModelProto) -> None:
    """Leave the dense layers as they are, in fp32."""
