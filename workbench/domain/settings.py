"""How a question is put to annotators: everything about it that no model learns from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.errors import InputError

MAX_GUIDELINES = 20_000
MOST_EVERY = 1_000
COLOUR = re.compile(r"#[0-9a-f]{6}")
# Of labels without a colour of their own, in order; the labelling card has the same.
COLOURS = (
    "#2f6fb0",
    "#b4541a",
    "#2c7a4b",
    "#9b3b78",
    "#7a6200",
    "#5b53b5",
    "#a83232",
    "#1f7a86",
    "#6b5844",
    "#4d6a1e",
)
KEYS = "1234567890qwertyuiopsdghjklzcvbnm"  # not `a` (accepts), `x` (rejects) and `f` (flags)


@dataclass(frozen=True, slots=True)
class QuestionSettings:
    """Guidelines in Markdown, whether the model's answer is shown, and colour and key of labels.

    `colours` are `#rrggbb` by label; `keys` one character of KEYS by label. Labels without an entry get
    the colour of their place and the next free key, in their order. `suggests` False hides the model's
    answer: annotators are not primed. `live` says whether the pool is ranked anew after every
    `live_every` answers; None leaves that to the project (see `usecases/live_rules.py`). `meanwhile` is the
    learner that is trained by itself beside a live ranking, "" for none; None leaves it to the kind (see
    `usecases/train_meanwhile.py`).
    """

    guidelines: str = ""
    suggests: bool = True
    colours: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    live: bool | None = None
    live_every: int = 5
    meanwhile: str | None = None

    def __post_init__(self) -> None:
        if len(self.guidelines) > MAX_GUIDELINES:
            raise InputError(f"The guidelines have more than {MAX_GUIDELINES:,} characters.")
        for label, colour in self.colours.items():
            if not COLOUR.fullmatch(colour):
                raise InputError(
                    f"'{colour[:20]}' is no colour of the label '{label}'.", hint="Write #rrggbb."
                )
        for label, key in self.keys.items():
            if len(key) != 1 or key not in KEYS:
                raise InputError(
                    f"'{key[:20]}' cannot be the key of the label '{label}'.", hint=f"Keys: {KEYS}"
                )
        if len(set(self.keys.values())) != len(self.keys):
            raise InputError("Two labels have the same key.")
        if not 1 <= self.live_every <= MOST_EVERY:
            raise InputError(
                f"The pool is ranked anew after 1 to {MOST_EVERY:,} answers, not after {self.live_every:,}."
            )

    def key_of(self, labels: tuple[str, ...]) -> dict[str, str]:
        """Return the key of each label that has one: the chosen ones, then the next free ones in order.

        >>> QuestionSettings(keys={"b": "1"}).key_of(("a", "b"))
        {'a': '2', 'b': '1'}
        """
        chosen = {label: self.keys[label] for label in labels if label in self.keys}
        free = iter(key for key in KEYS if key not in chosen.values())
        found = ((label, chosen.get(label) or next(free, "")) for label in labels)
        return {label: key for label, key in found if key}

    def colour_of(self, labels: tuple[str, ...]) -> dict[str, str]:
        """Return the colour of each label: its own one, or that of its place.

        >>> QuestionSettings(colours={"b": "#000000"}).colour_of(("a", "b"))
        {'a': '#2f6fb0', 'b': '#000000'}
        """
        return {label: self.colours.get(label, COLOURS[n % len(COLOURS)]) for n, label in enumerate(labels)}
