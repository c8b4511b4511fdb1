"""Settled answers in SQL: they decide what the answer to a document is, and are nobody's own answers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func

from workbench.domain.annotations import SETTLED
from workbench.store.values import to_json

_BEGINNING = to_json(dict(SETTLED)).removesuffix("}")


def is_settled(annotations: Any) -> ColumnElement[bool]:
    """Select the rows whose answer was settled, given the columns of the annotations or of an alias.

    It looks at the beginning of `raw` alone: fields of a foreign file that are called the same settle nothing.
    """
    found: ColumnElement[bool] = (
        func.coalesce(func.substr(annotations.raw, 1, len(_BEGINNING)), "") == _BEGINNING
    )
    return found
