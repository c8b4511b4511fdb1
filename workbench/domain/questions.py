"""Questions that a project asks of every document, and how their labels change."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from workbench.errors import InputError, UnknownNameError

Kind: TypeAlias = Literal["textcat", "textcat-multi", "ner"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
RESERVED = frozenset({"con", "prn", "aux", "nul"})  # no names of folders on some machines
WHAT_SLUGS_ARE = (
    "Names have 1 to 64 lower-case letters a-z, digits, '-' or '_'; the ends are a letter or digit."
)
MAX_LABEL_LENGTH = 300
MOST_ANNOTATORS = 1_000


def check_slug(what: str, name: str) -> str:
    """Return the name if it is a slug, else raise InputError; slugs are safe as folder names."""
    if not name.strip():
        raise InputError(f"Give the {what} a name.", hint=WHAT_SLUGS_ARE)
    if not SLUG.fullmatch(name) or name in RESERVED:
        raise InputError(
            f"'{name[:80]}' cannot be the name of a {what}.",
            hint=f"Use {proposed}. {WHAT_SLUGS_ARE}" if (proposed := proposed_slug(name)) else WHAT_SLUGS_ARE,
        )
    return name


def proposed_slug(name: str) -> str:
    """Return the slug nearest to a name, "" when too little of it can stand in one.

    >>> proposed_slug("Ünïcode Ärger!"), proposed_slug("../etc"), proposed_slug("邮件"), proposed_slug("con")
    ('unicode-arger', 'etc', '', '')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_")[:64].rstrip("-_")
    return slug if SLUG.fullmatch(slug) and slug not in RESERVED else ""


def check_label(label: str) -> str:
    """Return the label if it can be one: not empty, no surrounding space, no control characters."""
    if not label or label != label.strip() or len(label) > MAX_LABEL_LENGTH:
        raise InputError(
            f"{label[:80]!r} cannot be a label.",
            hint=f"Labels have 1 to {MAX_LABEL_LENGTH} characters and no space at either end.",
        )
    if any(ord(c) < 32 or ord(c) == 127 for c in label):
        raise InputError(f"The label {label[:80]!r} holds a control character.")
    return label


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a document.

    `overlap` annotators answer on `overlap_share` (0 to 1) of the documents, one on the rest.
    `label_version` counts the label changes that led to `labels`.
    """

    name: str
    kind: Kind
    labels: tuple[str, ...] = ()
    overlap: int = 1
    overlap_share: float = 1.0
    label_version: int = 0

    def __post_init__(self) -> None:
        check_slug("question", self.name)
        if self.kind not in KINDS:
            raise UnknownNameError("kind of question", self.kind, KINDS)
        for label in self.labels:
            check_label(label)
        if len(set(self.labels)) != len(self.labels):
            raise InputError(f"The question '{self.name}' has a label twice.")
        if not 1 <= self.overlap <= MOST_ANNOTATORS or not 0.0 <= self.overlap_share <= 1.0:
            raise InputError(
                f"The question '{self.name}' takes 1 to {MOST_ANNOTATORS:,} annotators and a share from 0 to 1."
            )

    @property
    def exclusive(self) -> bool:
        """Whether exactly one label answers the question."""
        return self.kind == "textcat"


def check_new_labels(kind: Kind, labels: Iterable[str]) -> None:
    """Raise InputError for new labels that a table could not hold: its cells part several labels by `|`."""
    barred = [label for label in labels if "|" in label] if kind == "textcat-multi" else []
    if barred:
        raise InputError(
            f"'|' cannot be in a label of a textcat-multi question: {', '.join(barred[:20])}.",
            hint="It parts the labels of a document in CSV. Write them with another sign.",
        )


LabelAction: TypeAlias = Literal["add", "rename", "merge", "split", "retire"]


@dataclass(frozen=True, slots=True)
class LabelChange:
    """One appended fact about the labels of a question.

    add: () → new labels · rename: (old,) → (new,) · merge: (a, b …) → (one,) ·
    split: (old,) → (a, b …), answers return to the queue · retire: (old …) → ().
    """

    action: LabelAction
    before: tuple[str, ...]
    after: tuple[str, ...]

    def __post_init__(self) -> None:
        counts = {
            "add": (0, None),
            "rename": (1, 1),
            "merge": (None, 1),
            "split": (1, None),
            "retire": (None, 0),
        }
        if self.action not in counts:
            raise UnknownNameError("label change", self.action, counts)
        n_before, n_after = counts[self.action]
        right_before = len(self.before) == n_before if n_before is not None else len(self.before) > 0
        right_after = len(self.after) == n_after if n_after is not None else len(self.after) > 0
        if not (right_before and right_after):
            raise InputError(f"A {self.action} cannot turn {list(self.before)} into {list(self.after)}.")
        for label in self.after:
            check_label(label)


def labels_after(labels: Sequence[str], changes: Iterable[LabelChange]) -> tuple[str, ...]:
    """Apply changes in order. New labels take the place of the first one they replace.

    >>> labels_after(("a", "b"), [LabelChange("rename", ("a",), ("c",)), LabelChange("add", (), ("d",))])
    ('c', 'b', 'd')
    """
    current = list(labels)
    for change in changes:
        for label in change.before:
            if label not in current:
                raise UnknownNameError("label", label, current)
        place = min((current.index(label) for label in change.before), default=len(current))
        kept = [label for label in current if label not in change.before]
        fresh = [label for label in change.after if label not in kept]
        if change.action in ("add", "rename", "split") and len(fresh) != len(change.after):
            raise InputError(f"A {change.action} to {list(change.after)} would make a label twice.")
        current = kept[:place] + fresh + kept[place:]
    return tuple(current)


def label_now(label: str, changes: Iterable[LabelChange]) -> str | None:
    """Follow one label through the changes made since it was used.

    Returns None when it was split or retired: the answer must be given again.

    >>> label_now("a", [LabelChange("rename", ("a",), ("b",)), LabelChange("merge", ("b", "c"), ("d",))])
    'd'
    """
    current = label
    for change in changes:
        if current in change.before:
            if change.action in ("split", "retire"):
                return None
            current = change.after[0]
    return current
