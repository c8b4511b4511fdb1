"""The regions of one annotation: answers to questions, and what is kept without being understood."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from workbench.domain.spans import Span
from workbench.sources.label_studio.config import Control, LabelConfig
from workbench.sources.label_studio.findings import Findings
from workbench.sources.label_studio.offsets import CountedText, splits_grapheme, whole_number

Placed: TypeAlias = list[Any]  # [place in the result, region]: JSON has no tuples
MAX_SHOWN = 10


@dataclass(slots=True)
class Answer:
    """What the regions of one control say, in their order; `regions` are those regions."""

    labels: list[str] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    regions: list[Placed] = field(default_factory=list)


@dataclass(slots=True)
class Result:
    """The answers of one annotation by question, and the other regions."""

    answers: dict[str, Answer] = field(default_factory=dict)
    others: list[Placed] = field(default_factory=list)

    def answer(self, question: str) -> Answer:
        """Return the answer to a question, empty when there is none yet."""
        return self.answers.setdefault(question, Answer())


def read_result(regions: list[Any], config: LabelConfig, text: CountedText, findings: Findings) -> Result:
    """Read the `result` of an annotation; everything wrong goes to the findings."""
    result, reader = Result(), _Reader(config, text, findings)
    for place, region in enumerate(regions):
        control = reader.control_of(place, region)
        if control is None:
            result.others.append([place, region])
            continue
        answer = result.answer(control.question)
        answer.regions.append([place, region])
        if reader.is_repeated(region):
            findings.adjust("regions that stand twice under one id count once")
        elif control.kind == "ner":
            answer.spans += reader.spans(place, region, control)
        else:
            answer.labels += reader.choices(place, region, control, answer)
    _check_relations(regions, findings)
    return result


@dataclass(slots=True)
class _Reader:
    config: LabelConfig
    text: CountedText
    findings: Findings
    seen: dict[str, set[str]] = field(default_factory=dict)

    def control_of(self, place: int, region: Any) -> Control | None:
        """Return the control that a region answers, None when it answers none or is wrong."""
        if not isinstance(region, dict) or not isinstance(region.get("type"), str):
            self._refuse(place, region, "bad-region", "it is no object with a type")
            return None
        kind = region["type"]
        if kind not in ("labels", "choices"):
            if kind != "relation":
                self.findings.warn(f"regions of type '{kind[:40]}' are kept, but not used")
            return None
        if not isinstance(region.get("value"), dict):
            self._refuse(place, region, "bad-region", "it has no value")
            return None
        if "startOffset" in region["value"] or "globalOffsets" in region["value"]:
            self.findings.warn("spans in HTML or paragraphs are kept, but not used")
            return None
        return self._named_control(place, region)

    def _named_control(self, place: int, region: Mapping[str, Any]) -> Control | None:
        names = {key: region.get(key) for key in ("from_name", "to_name")}
        known_names = self.config.names
        unknown = {
            k: name for k, name in names.items() if not isinstance(name, str) or name not in known_names
        }
        for key, name in unknown.items():
            known = ", ".join(sorted(known_names)[:MAX_SHOWN])
            message = f"{key} {str(name)[:80]!r} is not in {Path(self.config.file).name} ({known})"
            self._refuse(place, region, "unknown-name", message)
        control = None if unknown else self.config.control(str(names["from_name"]))
        if control is None:
            if not unknown:
                name = str(names["from_name"])[:40]
                self.findings.warn(f"regions of the control '{name}' are kept, but not used")
            return None
        if region["type"] != control.region_type:
            message = f"it is of type '{region['type']}', but '{control.name}' gives '{control.region_type}'"
            self._refuse(place, region, "bad-region", message)
        elif control.kind == "ner" and names["to_name"] != control.text:
            self._refuse(place, region, "bad-region", f"'{control.name}' is not about {names['to_name']!r}")
        else:
            return control
        return None

    def is_repeated(self, region: Mapping[str, Any]) -> bool:
        """Tell whether the same region with the same id has been read; without an id it never has."""
        if region.get("id") is None:
            return False
        content = json.dumps(region, sort_keys=True)
        earlier = self.seen.setdefault(str(region["id"]), set())
        is_repeated = content in earlier
        earlier.add(content)
        return is_repeated

    def spans(self, place: int, region: Mapping[str, Any], control: Control) -> list[Span]:
        """Return the spans of a region: one a label."""
        value = region["value"]
        start, end = whole_number(value.get("start")), whole_number(value.get("end"))
        if start is None or end is None:
            said = f"start {_shown(value.get('start'))} and end {_shown(value.get('end'))}"
            self._refuse(place, region, "bad-offset", f"{said} are not two whole numbers")
            return []
        said = value.get("text")
        if said is not None and not isinstance(said, str):
            self._refuse(place, region, "bad-region", f"its text is {_shown(said)}")
            return []
        if said is None:
            self.findings.warn("spans that do not repeat their text could not be checked by it")
        bounds = self.text.bounds(start, end, said)
        if isinstance(bounds, str):
            self._refuse(place, region, "bad-span", bounds)
            return []
        if bounds.converted:
            self.findings.adjust("offsets in UTF-16 units were converted to code points")
        if any(splits_grapheme(self.text.text, at) for at in bounds[:2]):
            self.findings.warn("spans that split what is seen as one character")
        labels = self._labels(place, region, control, "labels")
        if labels == []:
            self._refuse(place, region, "no-label", "it has no labels")
        return [Span.of(self.text.text, bounds.start, bounds.end, label) for label in labels or []]

    def choices(self, place: int, region: Mapping[str, Any], control: Control, answer: Answer) -> list[str]:
        """Return the labels of a region that the answer does not have yet."""
        labels = self._labels(place, region, control, "choices")
        if labels is None:
            return []
        if control.kind == "textcat" and len({*labels, *answer.labels}) != 1:
            both = ", ".join(repr(label) for label in (*answer.labels, *labels)) or "no choice"
            self._refuse(place, region, "not-one-choice", f"'{control.name}' takes one choice, not {both}")
        return [label for label in labels if label not in answer.labels]

    def _labels(self, place: int, region: Mapping[str, Any], control: Control, key: str) -> list[str] | None:
        if key not in region["value"]:
            self._refuse(place, region, "bad-label", f"it has no {key}")
            return None
        said = region["value"][key]
        if not isinstance(said, list) or not all(isinstance(label, str) for label in said):
            self._refuse(place, region, "bad-label", f"its {key} are {_shown(said)}, not a list of names")
            return None
        accepted = control.accepted
        unknown = [label for label in said if label not in accepted]
        if unknown:
            known = ", ".join(control.label_names[:MAX_SHOWN])
            message = f"{_shown(unknown)} is not among the labels of '{control.name}' ({known})"
            self._refuse(place, region, "unknown-label", message)
            return None
        labels = list(dict.fromkeys(accepted[label] for label in said))
        if len(labels) < len(said):
            self.findings.adjust("labels that a region gives twice count once")
        return labels

    def _refuse(self, place: int, region: Any, code: str, message: str) -> None:
        name = region.get("id") if isinstance(region, dict) else None
        self.findings.refuse(code, f"region {name if name is not None else f'no. {place + 1}'}: {message}")


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:80]


def _check_relations(regions: list[Any], findings: Findings) -> None:
    """Warn about relations to regions that are not there and about regions that are their own ancestors."""
    objects = [region for region in regions if isinstance(region, dict)]
    parents = {
        str(region["id"]): region.get("parentID") for region in objects if region.get("id") is not None
    }
    for region in objects:
        if region.get("type") == "relation":
            ends = {str(region.get("from_id")), str(region.get("to_id"))}
            if not ends <= set(parents):
                findings.warn("relations to a region that is not there")
    if _has_cycle({child: str(parent) for child, parent in parents.items() if parent is not None}):
        findings.warn("regions that are their own ancestors")


def _has_cycle(parents: Mapping[str, str]) -> bool:
    settled: set[str] = set()
    for child in parents:
        path: set[str] = set()
        name: str | None = child
        while name is not None and name not in settled:
            if name in path:
                return True
            path.add(name)
            name = parents.get(name)
        settled |= path
    return False
