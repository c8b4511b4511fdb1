"""Questions to a labelling config; what an existing config says besides them stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias
from xml.sax.saxutils import quoteattr

from workbench.domain.questions import Kind, Question
from workbench.errors import Problem, SourceError
from workbench.sources.label_studio.config import CONTROLS, Control, LabelConfig, read_config
from workbench.sources.label_studio.config_labels import label_elements
from workbench.sources.label_studio.config_xml import Element, read_elements

Edit: TypeAlias = tuple[int, int, str]  # these bytes of the config make way for this text
FILE = "labelling config"
EMPTY = "<View>\n</View>\n"
TAGS: dict[Kind, tuple[str, str, str]] = {
    "textcat": ("Choices", ' choice="single"', "Choice"),
    "textcat-multi": ("Choices", ' choice="multiple"', "Choice"),
    "ner": ("Labels", "", "Label"),
}


def write_config(questions: Sequence[Question], original: str | None = None) -> str:
    """Return a config that asks the questions; `read_config` of it gives them again.

    In an `original`, controls whose labels changed get the new ones, questions without a control get
    one at the end, and every other character stays, controls of other questions too. Raises
    SourceError when the original asks a question of another kind, or a label cannot stand in XML.
    """
    xml = original if original is not None else EMPTY
    config = read_config(xml, FILE)
    elements = read_elements(xml, FILE)
    edits: list[Edit] = []
    for question in questions:
        control = config.control_of(question.name)
        if control is not None:
            edits += _label_edits(elements, xml, control, question)
    fresh = [question for question in questions if config.control_of(question.name) is None]
    if fresh:
        edits.append(_insertion(elements[0], _new_controls(fresh, config)))
    return _checked(_edited(xml, edits), questions)


def _label_edits(elements: list[Element], xml: str, control: Control, question: Question) -> list[Edit]:
    """Put the question's labels into its control; an element whose label stays keeps its attributes."""
    if control.kind != question.kind:
        message = f"'{question.name}' is {control.kind} in the config, but a {question.kind} question here"
        raise SourceError(FILE, [Problem("other-kind", message)])
    if control.label_names == question.labels:
        return []
    number = next(
        n for n, element in enumerate(elements) if element.kind in CONTROLS and element.name == control.name
    )
    content = xml.encode()
    kept: dict[str, list[str]] = {}
    removals: list[Edit] = []
    indent = b"\n    "
    for element in label_elements(elements, number, CONTROLS[elements[number].kind]):
        start = len(content[: element.start].rstrip())
        indent = content[start : element.start] if not removals else indent
        spelling = element.attributes.get("alias") or element.attributes.get("value", "")
        kept.setdefault(spelling.strip(), []).append(content[element.start : element.end].decode())
        removals.append((start, element.end, ""))
    tag = TAGS[question.kind][2]
    wanted = [part for label in question.labels for part in kept.get(label, [_label_tag(tag, label)])]
    inner = "".join(indent.decode() + part for part in wanted)
    if removals:
        return [(removals[0][0], removals[0][1], inner), *removals[1:]]
    return [_insertion(elements[number], inner + "\n  ")]


def _label_tag(tag: str, label: str) -> str:
    return f"<{tag} value={quoteattr(label)}/>"


def _insertion(element: Element, inner: str) -> Edit:
    """Return the edit that adds children to an element, opening it when it is `<Like this/>`."""
    if element.inner_end < element.end:
        return element.inner_end, element.inner_end, inner
    return element.end - len("/>"), element.end, f">{inner}</{element.tag}>"


def _new_controls(questions: Sequence[Question], config: LabelConfig) -> str:
    taken = set(config.names) | {question.name for question in questions}
    text, parts = config.text_name, []
    if not text:
        text = _free("text", taken)
        parts.append(f'  <Text name={quoteattr(text)} value="$text"/>\n')
    for question in questions:
        tag, options, label_tag = TAGS[question.kind]
        name = _free(question.name, set(config.names) | {text})
        parts.append(f"  <{tag} name={quoteattr(name)} toName={quoteattr(text)}{options}>\n")
        parts += [f"    {_label_tag(label_tag, label)}\n" for label in question.labels]
        parts.append(f"  </{tag}>\n")
    return "".join(parts)


def _free(name: str, taken: set[str]) -> str:
    # A trailing '_' is no part of the slug that the name is read back as.
    while name in taken:
        name += "_"
    return name


def _edited(xml: str, edits: list[Edit]) -> str:
    content = xml.encode()
    for start, end, text in sorted(edits, reverse=True):
        content = content[:start] + text.encode() + content[end:]
    return content.decode()


def _checked(xml: str, questions: Sequence[Question]) -> str:
    found = {question.name: (question.kind, question.labels) for question in read_config(xml, FILE).questions}
    problems = [
        Problem("not-sayable", f"the labels of '{question.name}' cannot all stand in a labelling config")
        for question in questions
        if found.get(question.name) != (question.kind, question.labels)
    ]
    if problems:
        raise SourceError(FILE, problems)
    return xml
