"""Documents: one text with a stable id, stored verbatim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from workbench.errors import InputError

Part: TypeAlias = Literal["pool", "control", "held-out"]


@dataclass(frozen=True, slots=True)
class Document:
    """One text.

    `metadata` holds what the source said about it (channel, language, time …) as JSON values.
    `layout` is what its source format needs to write the document again exactly as it was
    (token offsets, separators, breaks); only that format's module reads it.
    """

    id: str
    text: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    layout: Mapping[str, Any] | None = None
    part: Part = "pool"

    def __post_init__(self) -> None:
        if not self.id:
            raise InputError("A document needs an id.")
        if "\0" in self.text:
            raise InputError("A text must not hold a NUL character.", where=f"document {self.id}")


def folded_text(text: str) -> str:
    """Return what two texts share when only case and white space tell them apart.

    >>> folded_text(" Where is\\n my parcel? ")
    'where is my parcel?'
    """
    return " ".join(text.split()).casefold()
