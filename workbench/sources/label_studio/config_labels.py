"""The labels of one control of a labelling config."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from workbench.config import LIMITS
from workbench.domain.questions import check_label
from workbench.errors import InputError, Problem
from workbench.sources.label_studio.config_xml import Element

COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})|[a-zA-Z]{3,24}")
HOTKEY = re.compile(r"[!-~]|(?:[a-z]+\+)*[a-z0-9]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ConfigLabel:
    """A label: `name` is what answers say, `shown` what people see (they differ by an alias).

    `spellings` are the strings that mean it in regions; the first one is written.
    """

    name: str
    shown: str
    spellings: tuple[str, ...]
    colour: str = ""
    hotkey: str = ""


def label_elements(elements: list[Element], control: int, tag: str) -> Iterator[Element]:
    """Yield the label elements inside the control of that number, in document order."""
    for element in islice(elements, control + 1, None):
        if element.start >= elements[control].end:
            return
        if element.kind == tag:
            yield element


def read_labels(
    elements: list[Element], control: int, tag: str, problems: list[Problem], warnings: list[str]
) -> tuple[ConfigLabel, ...]:
    """Return the labels of a control; what is wrong or odd about them is appended to the lists."""
    found: dict[str, ConfigLabel] = {}
    spellings: set[str] = set()
    name = elements[control].name
    for element in label_elements(elements, control, tag):
        label = _label(element, problems, warnings)
        if label is None:
            continue
        spelling = label.spellings[0]
        if spelling in spellings:
            problems.append(element.problem("label-twice", f"'{name}' has the label {spelling[:80]!r} twice"))
        elif label.name in found:
            warnings.append(f"labels of '{name}' differ by spaces only and count as one: {label.name[:80]!r}")
            both = (*found[label.name].spellings, spelling)
            first = found[label.name]
            found[label.name] = ConfigLabel(first.name, first.shown, both, first.colour, first.hotkey)
        else:
            found[label.name] = label
        spellings.add(spelling)
    if len(found) > LIMITS.labels:
        message = f"'{name}' has {len(found)} labels; at most {LIMITS.labels} are allowed"
        problems.append(elements[control].problem("too-many-labels", message))
    if not found:
        warnings.append(f"'{name}' declares no labels")
    warnings.extend(_lookalikes(name, found))
    return tuple(found.values())


def _label(element: Element, problems: list[Problem], warnings: list[str]) -> ConfigLabel | None:
    shown = element.attributes.get("value", "")
    spelling = element.attributes.get("alias") or shown
    if not spelling.strip() or not shown.strip():
        problems.append(element.problem("empty-label", f"<{element.tag}> has an empty value"))
        return None
    name = spelling.strip()
    try:
        check_label(name)
    except InputError as error:
        problems.append(element.problem("bad-label", error.message))
        return None
    if name != spelling:
        warnings.append(f"spaces around the label {spelling[:80]!r} are not part of it")
    colour = element.attributes.get("background", "")
    if colour and not COLOUR.fullmatch(colour):
        warnings.append(f"the background of the label {name[:80]!r} is no plain colour and is not used")
        colour = ""
    return ConfigLabel(name, shown, (spelling,), colour, element.attributes.get("hotkey", ""))


def _lookalikes(control: str, labels: Iterable[str]) -> Iterator[str]:
    first: dict[str, str] = {}
    for label in labels:
        folded = unicodedata.normalize("NFKC", label).casefold()
        if folded in first:
            yield f"labels of '{control}' look alike: {first[folded][:80]!r} and {label[:80]!r}"
        first.setdefault(folded, label)


def hotkey_warnings(labels: Iterable[ConfigLabel]) -> Iterator[str]:
    """Yield a warning for each hotkey that is no key, or that several labels want."""
    keys = Counter(label.hotkey.lower() for label in labels if label.hotkey)
    for key, n in keys.items():
        if not HOTKEY.fullmatch(key):
            yield f"the hotkey {key[:40]!r} is no key"
        elif n > 1:
            yield f"{n} labels have the hotkey {key[:40]!r}"
