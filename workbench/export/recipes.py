"""The recipes for int8, tried in order until the gate lets one through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from onnx import ModelProto

from workbench.errors import GateError
from workbench.export.gate import GateReport
from workbench.export.int8 import (
    Recipe,
    blockwise_products,
    by_row_products,
    kept_products,
    stored_products,
    to_int8,
)

# Why this order: docs/decisions/0004-int8.md.
RECIPES: tuple[Recipe, ...] = (
    Recipe(
        "by-row",
        "int8 vocabulary rows; dense layers in int8, weights with a scale a column, inputs with a scale a row",
        by_row_products,
    ),
    Recipe(
        "blockwise",
        "int8 vocabulary rows; dense layers in int8, a scale for each column and 32 inputs, and for each "
        "row and 32 inputs",
        blockwise_products,
    ),
    Recipe(
        "weights-only",
        "int8 vocabulary rows; dense layers stored in int8 and computed in fp32",
        stored_products,
    ),
    Recipe(
        "vocabulary-only",
        "int8 vocabulary rows; dense layers in fp32, so that the file is about twice as large",
        kept_products,
    ),
)

FLOAT32 = Recipe("float32", "all weights in fp32, as they were trained", kept_products)
PRECISIONS: Mapping[str, tuple[Recipe, ...]] = MappingProxyType({"int8": RECIPES, "float32": (FLOAT32,)})


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The recipe that passed, its graph and report, and the reports of those that failed before it."""

    recipe: Recipe
    model: ModelProto
    report: GateReport
    refused: tuple[GateReport, ...]

    @property
    def why(self) -> str:
        """Why this recipe was taken, in words."""
        if not self.refused:
            if self.recipe is FLOAT32:
                return "'float32' was asked for and passed the gate"
            return f"'{self.recipe.name}' is the first recipe and passed the gate"
        reasons = [f"'{r.recipe}' failed: {'; '.join(str(f) for f in r.failures)}" for r in self.refused]
        return f"'{self.recipe.name}' passed the gate; {' | '.join(reasons)}"


def choose(
    fp32: ModelProto,
    check: Callable[[ModelProto, str], GateReport],
    recipes: Sequence[Recipe] = RECIPES,
) -> Chosen:
    """Return the first recipe whose graph passes `check(graph, recipe name)`.

    Raises GateError with every table when none does.
    """
    refused: list[GateReport] = []
    for recipe in recipes:
        model = fp32 if recipe is FLOAT32 else to_int8(fp32, recipe)
        report = check(model, recipe.name)
        if report.passed:
            return Chosen(recipe, model, report, tuple(refused))
        refused.append(report)
    tables = "\n".join(f"{report.recipe}\n{report.in_words()}" for report in refused)
    raise GateError(
        f"The exported model differs too much from its original; nothing was published.\n{tables}",
        hint="Train longer or on more texts, or keep more layers in the student.",
    )
