"""int8 graphs are small, near to fp32, and do not depend on the batch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from onnx import numpy_helper

from workbench.domain.arrays import AnyArray
from workbench.export.int8 import (
    quantise_vocabulary,
    quantised,
    to_int8,
)
from workbench.export.onnx_graph import tidy, weight_products, weights_of
from workbench.export.recipes import RECIPES
from workbench.serving.onnx_bytes import read_graph

IDS = np.random.default_rng(1).integers(0, 30, (20, 6))
ONES = np.ones_like(IDS)


def run(model: onnx.ModelProto, ids: AnyArray = IDS) -> AnyArray:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    answer: AnyArray = session.run(["logits"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0]
    return answer


def test_int8_values_and_scales_by_hand() -> None:
    values, scales = quantised(np.array([[1.27, -0.635], [0.0, 0.0]], dtype=np.float32), axis=1)
    assert values.tolist() == [[127, -64], [0, 0]]
    np.testing.assert_allclose(scales, [[0.01], [1.0]], rtol=1e-6)


@given(hnp.arrays(np.float32, (4, 5), elements=st.floats(-100, 100, width=32)))
def test_int8_is_never_further_off_than_half_a_scale(array: AnyArray) -> None:
    for axis in (0, 1):
        values, scales = quantised(array, axis=axis)
        assert np.abs(values * scales - array).max() <= scales.max() * 0.501 + 1e-6
        assert values.min() >= -127


def test_a_tidy_graph_answers_the_same_and_holds_no_notes(graph: onnx.ModelProto) -> None:
    before = run(graph)
    tidied = tidy(graph)
    np.testing.assert_allclose(run(tidied), before, rtol=1e-5)
    assert [n.op_type for n in tidied.graph.node][-2:] == ["MatMul", "Add"]
    assert len(weight_products(tidied)) == 2
    assert "unused" not in weights_of(tidied)
    assert b"somebody" not in tidied.SerializeToString()
    assert not tidied.graph.value_info


def test_the_vocabulary_becomes_int8_rows_with_a_scale_each(graph: onnx.ModelProto) -> None:
    before = run(tidy(graph))
    quantise_vocabulary(graph)
    stored = weights_of(graph)
    assert numpy_helper.to_array(stored["vocabulary.int8"]).dtype == np.int8
    assert numpy_helper.to_array(stored["vocabulary.scale"]).shape == (30, 1)
    assert np.abs(run(graph) - before).max() < 0.05


recipes = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)


@recipes
def test_every_recipe_stays_near_fp32_and_leaves_the_original_alone(
    graph: onnx.ModelProto, recipe: object
) -> None:
    fp32 = tidy(graph)
    before = fp32.SerializeToString()
    small = to_int8(fp32, recipe)  # type: ignore[arg-type]
    assert np.abs(run(small) - run(fp32)).max() < 0.15
    assert fp32.SerializeToString() == before


@recipes
def test_no_recipe_lets_a_text_depend_on_its_company(graph: onnx.ModelProto, recipe: object) -> None:
    fp32 = tidy(graph)
    small = to_int8(fp32, recipe)  # type: ignore[arg-type]
    together = run(small)
    alone = np.concatenate([run(small, row[None]) for row in IDS])
    assert np.abs(together - alone).max() < 1e-4


@pytest.mark.parametrize("recipe", RECIPES[:-1], ids=lambda recipe: recipe.name)
def test_only_the_last_recipe_keeps_weight_matrices_in_fp32(graph: onnx.ModelProto, recipe: object) -> None:
    fp32 = tidy(graph)
    small = to_int8(fp32, recipe)  # type: ignore[arg-type]
    big = [
        t.name
        for t in small.graph.initializer
        if t.data_type == onnx.TensorProto.FLOAT and np.prod(t.dims) > 100
    ]
    assert big == []


@recipes
def test_every_recipe_is_one_that_serving_opens(graph: onnx.ModelProto, recipe: object) -> None:
    fp32 = tidy(graph)
    small = to_int8(fp32, recipe)  # type: ignore[arg-type]
    assert read_graph(small.SerializeToString()).vocabulary_rows == 30


def test_the_same_graph_gives_the_same_bytes(graph: onnx.ModelProto) -> None:
    fp32 = tidy(graph)
    make: Callable[[], bytes] = lambda: to_int8(fp32, RECIPES[0]).SerializeToString()  # noqa: E731
    assert make() == make()
