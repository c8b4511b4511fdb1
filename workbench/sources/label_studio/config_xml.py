"""The XML of a labelling config as a flat list of elements that know where they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from workbench.config import LIMITS
from workbench.errors import Problem, SourceError

START_TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")


@dataclass(slots=True)
class Element:
    """One element. `line` and `column` count from 1.

    `start`, `inner_end` and `end` are offsets into the UTF-8 bytes: the element is `[start, end)` and
    new children go before `inner_end`; without an end tag (`<Text/>`), `inner_end` equals `end`.
    `parent` is the number of the element around it, -1 for the root.
    """

    tag: str
    attributes: Mapping[str, str]
    line: int
    column: int
    start: int
    parent: int
    inner_end: int = 0
    end: int = 0

    @property
    def kind(self) -> str:
        """The tag in lower case: Label Studio does not tell `<choices>` from `<Choices>`."""
        return self.tag.lower()

    @property
    def name(self) -> str:
        """The `name` attribute, empty when it is missing."""
        return self.attributes.get("name", "")

    @property
    def targets(self) -> tuple[str, ...]:
        """The names in `toName`."""
        return tuple(part.strip() for part in self.attributes.get("toName", "").split(",") if part.strip())

    def problem(self, code: str, message: str) -> Problem:
        """Return a problem at the place of this element."""
        return Problem(code, f"column {self.column}: {message}", line=self.line)


def read_elements(xml: str, file: str) -> list[Element]:
    """Return the elements in document order, the root first.

    Raises SourceError with line and column for what is not well-formed, any document type, CDATA,
    processing instructions, an encoding other than UTF-8, and configs that are too large or too deep.
    """
    content = _encoded(xml, file)
    collector = _Collector(content, file)
    try:
        collector.parser.feed(content)
        collector.parser.close()
    except ParseError as error:
        line, column = error.position
        message = f"column {column + 1}: not well-formed: {str(error).partition(':')[0]}"
        raise SourceError(file, [Problem("not-xml", message, line=line)]) from error
    except DefusedXmlException as error:
        raise collector.refusal("a document type (<!DOCTYPE …>) is not allowed here") from error
    return collector.elements


def _encoded(xml: str, file: str) -> bytes:
    try:
        content = xml.encode()
    except UnicodeEncodeError as error:
        line = xml.count("\n", 0, error.start) + 1
        raise SourceError(file, [Problem("not-utf-8", "half of a surrogate pair", line=line)]) from error
    if len(content) > LIMITS.config_bytes:
        message = f"The config has {len(content)} bytes; at most {LIMITS.config_bytes} are read."
        raise SourceError(file, [Problem("too-large", message)])
    return content


class _Collector:
    """Takes the parser's events; defusedxml refuses document types, this class the rest."""

    def __init__(self, content: bytes, file: str) -> None:
        self.elements: list[Element] = []
        self._open: list[int] = []
        self._content = content
        self._file = file
        self.parser = DefusedXMLParser(target=self, encoding="utf-8", forbid_dtd=True)
        self._expat = self.parser.parser
        self._expat.XmlDeclHandler = self._declaration
        self._expat.StartCdataSectionHandler = self._cdata

    def refusal(self, message: str) -> SourceError:
        line, column = self._expat.CurrentLineNumber, self._expat.CurrentColumnNumber + 1
        return SourceError(self._file, [Problem("bad-xml", f"column {column}: {message}", line=line)])

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "us-ascii"):
            raise self.refusal(f"the config says that it is in '{encoding[:40]}'; only UTF-8 is read")

    def _cdata(self) -> None:
        raise self.refusal("a CDATA section is not allowed here")

    def pi(self, target: str, data: str | None = None) -> None:
        raise self.refusal(f"the processing instruction <?{target[:40]} …?> is not allowed here")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._open) == LIMITS.config_depth:
            raise self.refusal(f"elements are nested deeper than {LIMITS.config_depth}")
        parent = self._open[-1] if self._open else -1
        self._open.append(len(self.elements))
        place = (self._expat.CurrentLineNumber, self._expat.CurrentColumnNumber + 1)
        self.elements.append(Element(tag, attributes, *place, self._expat.CurrentByteIndex, parent))

    def end(self, tag: str) -> None:
        element = self.elements[self._open.pop()]
        element.inner_end = element.end = self._expat.CurrentByteIndex
        start_tag = START_TAG.match(self._content, element.start)
        if start_tag is not None and not start_tag.group().endswith(b"/>"):
            element.end = self._content.index(b">", element.inner_end) + 1

    def close(self) -> None:
        """End of the document: nothing is left to do."""
