"""Options of a learner: what the user named, put over the learner's own configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from workbench.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Config = TypeVar("Config", bound=DataclassInstance)
else:
    Config = TypeVar("Config")


def with_options(learner: str, defaults: Config, options: Mapping[str, Any]) -> Config:
    """Return the configuration with the options in place of its defaults.

    Raises UnknownNameError for an option that does not exist and InputError for a value of another
    type than the default's; what a value may be is checked by the configuration itself.
    """
    known = {field.name: getattr(defaults, field.name) for field in fields(defaults)}
    for name, value in options.items():
        if name not in known:
            message = f"The learner '{learner}' has no option '{name}'."
            raise UnknownNameError("option", name, known, message=message)
        if not _same_type(value, known[name]):
            raise InputError(
                f"The option '{name}' of the learner '{learner}' cannot be {value!r}.",
                hint=f"Its default is {known[name]!r}.",
            )
    return replace(defaults, **options)


def _same_type(value: object, default: object) -> bool:
    """Tell whether a value is of the default's type; a whole number serves as a float."""
    if isinstance(default, float):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return type(value) is type(default)
