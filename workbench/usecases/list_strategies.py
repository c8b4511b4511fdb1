"""Show by what documents can be chosen."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from workbench import catalog
from workbench.domain.questions import KINDS, Kind
from workbench.errors import UnknownNameError


@dataclass(frozen=True, slots=True)
class StrategyFacts:
    """What a strategy says of itself: one line, for which kinds of question, and what it needs and can use."""

    name: str
    says: str
    kinds: tuple[Kind, ...]
    needs: tuple[str, ...]
    uses: tuple[str, ...]


def list_strategies(kind: str | None = None) -> list[StrategyFacts]:
    """Return all strategies, or those for one kind of question, in the order of the catalogue.

    Raises UnknownNameError for a kind that does not exist.
    """
    if kind is not None and kind not in KINDS:
        raise UnknownNameError("kind of question", kind, KINDS)
    every = [_facts_of(name) for name in catalog.strategy_names()]
    return [facts for facts in every if kind is None or kind in facts.kinds]


def _facts_of(name: str) -> StrategyFacts:
    made = catalog.strategy(name)
    said = (inspect.getdoc(type(made)) or "").partition("\n")[0]
    kinds = tuple(kind for kind in KINDS if kind in made.kinds)
    return StrategyFacts(name, said, kinds, tuple(sorted(made.needs)), tuple(sorted(made.uses)))
