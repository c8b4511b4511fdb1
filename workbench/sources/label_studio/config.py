"""Labelling configs and questions, both directions.

    <Choices choice="single">    textcat         value: {"choices": ["a"]}
    <Choices choice="multiple">  textcat-multi   value: {"choices": ["a", "b"]}
    <Labels> on a <Text>         ner             value: {"start": 0, "end": 5, "labels": ["a"]}

Every other tag is kept as it stands for the way back, and named in a warning.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from workbench.config import LIMITS
from workbench.domain.questions import Kind, Question, check_slug
from workbench.errors import InputError, Problem, SourceError
from workbench.sources.label_studio.config_labels import (
    ConfigLabel,
    hotkey_warnings,
    label_elements,
    read_labels,
)
from workbench.sources.label_studio.config_xml import Element, read_elements

CONTROLS = {"choices": "choice", "labels": "label"}
LAYOUT = {"view", "header", "style", "text", "choice", "label", "hint"}
CHOICE_KINDS: Mapping[str, Kind] = {
    "single": "textcat",
    "single-radio": "textcat",
    "multiple": "textcat-multi",
}
DATA_KEY = re.compile(r"\$([\w.\-]+)")


@dataclass(frozen=True, slots=True)
class Control:
    """A tag that asks a question: `question` is its name here, `name` its name in Label Studio.

    `text` is the name of the Text that it is about. `accepted` gives what regions may say and the
    label that it means, `spelling` what a region of ours says for a label.
    """

    name: str
    question: str
    kind: Kind
    text: str
    labels: tuple[ConfigLabel, ...]
    accepted: Mapping[str, str] = field(init=False, repr=False, compare=False)
    spelling: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        accepted = {spelling: label.name for label in self.labels for spelling in label.spellings}
        object.__setattr__(self, "accepted", accepted)
        object.__setattr__(self, "spelling", {label.name: label.spellings[0] for label in self.labels})

    @property
    def region_type(self) -> str:
        """The `type` of its regions."""
        return "labels" if self.kind == "ner" else "choices"

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels, in the order of the config."""
        return tuple(label.name for label in self.labels)


@dataclass(frozen=True)
class LabelConfig:
    """What a labelling config asks.

    `data_keys` gives the field of the task's data behind each Text. `names` are all names that
    regions may refer to, `warnings` what was understood in part only, `xml` the config itself, and
    `file` where it was read.
    """

    controls: tuple[Control, ...]
    data_keys: Mapping[str, str]
    names: frozenset[str]
    warnings: tuple[str, ...]
    xml: str
    file: str

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions, in the order of the config."""
        return tuple(Question(c.question, c.kind, c.label_names) for c in self.controls)

    @cached_property
    def text_name(self) -> str:
        """The Text whose characters spans count; without a ner question, that of the first control."""
        spanned = [control.text for control in self.controls if control.kind == "ner"]
        return (spanned or [control.text for control in self.controls] or [*self.data_keys, ""])[0]

    @cached_property
    def text_key(self) -> str:
        """The field of a task's data that holds the document's text."""
        return self.data_keys.get(self.text_name, "")

    @cached_property
    def shown_keys(self) -> frozenset[str]:
        """The fields of a task's data that questions are about."""
        return frozenset(self.data_keys[control.text] for control in self.controls)

    def control(self, name: str) -> Control | None:
        """Return the control of that name, None when no question is asked by it."""
        return next((control for control in self.controls if control.name == name), None)

    def control_of(self, question: str) -> Control | None:
        """Return the control that asks a question."""
        return next((control for control in self.controls if control.question == question), None)

    def asking_only(self, question: str) -> LabelConfig:
        """Return the config as if its other controls asked nothing. Raises SourceError when none asks it."""
        control = self.control_of(question)
        if control is None:
            asked = ", ".join(control.question for control in self.controls)
            message = f"No control asks the question '{question}'; these are asked: {asked}."
            hint = "A question of the project is matched by the name of the control."
            raise SourceError(self.file, [Problem("no-question", message)], hint=hint)
        return replace(self, controls=(control,))


def read_config_file(path: Path) -> LabelConfig:
    """Read a labelling config from a file in UTF-8. Raises SourceError."""
    try:
        with path.open("rb") as file:
            content = file.read(LIMITS.config_bytes + 4)
        return read_config(content.decode("utf-8-sig"), str(path))
    except OSError as error:
        problem = Problem("unreadable", f"Cannot be read: {error.strerror}.")
        raise SourceError(str(path), [problem], hint="Name another file with --label-config.") from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = Problem("not-utf-8", f"the byte at offset {error.start} is not UTF-8", line=line)
        raise SourceError(str(path), [problem], hint="Save the config as UTF-8.") from error


def read_config(xml: str, file: str = "labelling config") -> LabelConfig:
    """Read a labelling config. Raises SourceError that lists everything that is wrong with it."""
    elements = read_elements(xml, file)
    names = Counter(element.name for element in elements if _is_named(element))
    problems = list(_name_problems(elements, names))
    warnings = list(_unused(elements))
    data_keys = dict(_texts(elements, problems))
    controls: list[Control] = []
    for number in range(len(elements)):
        if _asks(elements, number, data_keys):
            slugs = {control.question for control in controls}
            controls += _controls(elements, number, slugs, problems, warnings)
    warnings += hotkey_warnings(label for control in controls for label in control.labels)
    spanned = sorted({control.text for control in controls if control.kind == "ner"})
    if len(spanned) > 1:
        message = f"<Labels> mark spans in several texts ({', '.join(spanned)}); a document has one."
        problems.append(Problem("several-texts", message))
    if problems:
        raise SourceError(file, problems)
    return LabelConfig(tuple(controls), data_keys, frozenset(names), tuple(warnings), xml, file)


def slug_of(name: str, taken: set[str]) -> str:
    """Return the name of the question that a control asks: lower case, '-' for what a slug cannot hold.

    >>> slug_of("Named Entities", set()), slug_of("topic", {"topic"})
    ('named-entities', 'topic-2')
    """
    stem = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_")[:56].strip("-_") or "question"
    found, n = stem, 2
    while found in taken or not _is_slug(found):
        found, n = f"{stem}-{n}", n + 1
    return found


def _is_slug(name: str) -> bool:
    try:
        check_slug("question", name)
    except InputError:
        return False
    return True


def _is_named(element: Element) -> bool:
    return bool(element.name) and element.kind not in (LAYOUT - {"text"})


def _name_problems(elements: list[Element], names: Counter[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for element in elements:
        if element.kind in (*CONTROLS, "text") and not element.name:
            yield element.problem("no-name", f"<{element.tag}> has no name")
        if _is_named(element) and element.name in seen:
            yield element.problem("name-twice", f"the name '{element.name}' is used twice")
        seen.add(element.name)
        if element.kind in CONTROLS and not element.targets:
            yield element.problem("no-target", f"<{element.tag}> '{element.name}' has no toName")
        for target in element.targets:
            if target not in names:
                message = f"<{element.tag}> '{element.name}': nothing is named '{target}' (toName)"
                yield element.problem("no-target", message)


def _texts(elements: list[Element], problems: list[Problem]) -> Iterator[tuple[str, str]]:
    """Yield the name and the data key of each Text that questions can be about."""
    used = {target for element in elements if element.kind in CONTROLS for target in element.targets}
    for element in elements:
        if element.kind != "text":
            continue
        value = element.attributes.get("value", "")
        key = DATA_KEY.fullmatch(value)
        if not value:
            problems.append(element.problem("no-value", f"<Text> '{element.name}' has no value"))
        elif key is None and element.name in used:
            message = f"<Text> '{element.name}' shows {value[:60]!r}; a question needs one field, like $text"
            problems.append(element.problem("no-value", message))
        elif element.attributes.get("valueType", "text").lower() == "url" and element.name in used:
            message = f"<Text> '{element.name}' holds addresses (valueType), not texts"
            problems.append(element.problem("no-text", message))
        if key is not None:
            yield element.name, key.group(1)


def _asks(elements: list[Element], number: int, data_keys: Mapping[str, str]) -> bool:
    """Tell whether an element asks a question of a text that the workbench can ask too."""
    element = elements[number]
    if element.kind not in CONTROLS or not set(element.targets) & set(data_keys):
        return False
    options = element.attributes
    odd = any(options.get(key, "").lower() == "true" for key in ("perRegion", "perItem", "allowNested"))
    own = CONTROLS[element.kind]
    nested = any(elements[label.parent].kind == own for label in label_elements(elements, number, own))
    return not (odd or nested or options.get("value", "").startswith("$"))


def _unused(elements: list[Element]) -> Iterator[str]:
    texts = {element.name: "" for element in elements if element.kind == "text"}
    for number, element in enumerate(elements):
        if element.kind not in LAYOUT and not _asks(elements, number, texts):
            yield f"<{element.tag[:40]}> is kept, but asks no question here"


def _controls(
    elements: list[Element], number: int, taken: set[str], problems: list[Problem], warnings: list[str]
) -> Iterator[Control]:
    element = elements[number]
    labels = read_labels(elements, number, CONTROLS[element.kind], problems, warnings)
    choice = element.attributes.get("choice", "single").lower()
    if element.kind == "choices" and choice not in CHOICE_KINDS:
        message = f'choice="{choice[:40]}" is not one of: {", ".join(CHOICE_KINDS)}'
        problems.append(element.problem("bad-choice", message))
        return
    kind: Kind = "ner" if element.kind == "labels" else CHOICE_KINDS[choice]
    slug = slug_of(element.name, taken)
    if slug != element.name:
        warnings.append(f"the control '{element.name[:80]}' is the question '{slug}' here")
    texts = [e.name for e in elements if e.kind == "text" and e.name in element.targets]
    yield Control(element.name, slug, kind, texts[0], labels)
