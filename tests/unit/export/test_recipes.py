"""Recipes are tried in order, and what failed before is told."""

from __future__ import annotations

import onnx
import pytest

from workbench.errors import GateError
from workbench.export.gate import Figure, GateReport
from workbench.export.onnx_graph import tidy
from workbench.export.recipes import RECIPES, choose


def judge(*passing: str):  # type: ignore[no-untyped-def]
    def check(_: onnx.ModelProto, recipe: str) -> GateReport:
        value = 0.99 if recipe in passing else 0.5
        return GateReport(recipe, (Figure("share of equal answers", value, 0.98, "at least", "9 documents"),))

    return check


def test_the_first_recipe_that_passes_is_taken(graph: onnx.ModelProto) -> None:
    chosen = choose(tidy(graph), judge(*(r.name for r in RECIPES)))
    assert chosen.recipe is RECIPES[0]
    assert chosen.refused == ()
    assert "passed the gate" in chosen.why


def test_a_later_recipe_says_why_the_earlier_ones_were_not_taken(graph: onnx.ModelProto) -> None:
    last = RECIPES[-1]
    chosen = choose(tidy(graph), judge(last.name))
    assert chosen.recipe is last
    assert [report.recipe for report in chosen.refused] == [r.name for r in RECIPES[:-1]]
    assert f"'{RECIPES[0].name}' failed: share of equal answers: 0.50000" in chosen.why


def test_when_no_recipe_passes_every_table_is_told(graph: onnx.ModelProto) -> None:
    with pytest.raises(GateError) as caught:
        choose(tidy(graph), judge())
    assert caught.value.exit_code == 5
    assert all(recipe.name in str(caught.value) for recipe in RECIPES)
    assert str(caught.value).count("FAILED") == len(RECIPES)
