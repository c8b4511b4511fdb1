"""How a column file looks beside its tokens, and the lines of one sentence."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.domain.conversion import LabelledDocument, WriteOptions
from workbench.domain.documents import Document
from workbench.sources.comments import comment, values_in
from workbench.sources.span_fitting import TaggedWords
from workbench.sources.text_files import checked_newline, encoding_to_write


@dataclass(frozen=True, slots=True)
class FileForm:
    """How a file looks beside its tokens; `fillers` stand between token and tag of new documents."""

    name: str
    separator: str
    fillers: tuple[str, ...] = ()
    newline: str = "\n"
    encoding: str = "utf-8"
    bom: bool = False
    standing: tuple[tuple[int, str], ...] = ()

    @classmethod
    def of(
        cls,
        file_layout: Mapping[str, Any],
        documents: Sequence[LabelledDocument],
        options: WriteOptions,
        *,
        default: FileForm,
    ) -> FileForm:
        """Return the form of the file that the documents came from, as far as it is known."""
        layouts = (labelled.document.layout or {} for labelled in documents)
        own = next((layout for layout in layouts if layout.get("format") == default.name), {})
        known = file_layout if file_layout.get("format") == default.name else {}
        encoding, bom = encoding_to_write(
            options.encoding, known.get("encoding", default.encoding), bom=known.get("bom", default.bom)
        )
        form = replace(
            default,
            newline=checked_newline(options.newline),
            separator=own.get("separator", default.separator),
            encoding=encoding,
            bom=bom,
        )
        if not known:
            return form
        return replace(
            form,
            separator=known["separator"],
            newline=known["newline"],
            standing=tuple((number, text) for number, text in known["standing"]),
        )


def line_layout(document: Document, tagged: TaggedWords, name: str) -> dict[str, Any]:
    """Return the layout to write a document by in the format of that name.

    A document from elsewhere gets comments that carry its id and text. One of this format gets a
    comment for its text when its words, since they were cut, no longer spell it out.
    """
    layout = dict(document.layout or {})
    if layout.get("format") != name:
        return {"comments": [[0, comment("id", document.id)], [0, comment("text", document.text)]]}
    spelt_out = " ".join(tagged.tokens) == document.text
    if not spelt_out and "text" not in values_in(line for _, line in layout["comments"]):
        layout["comments"] = [[0, comment("text", document.text)], *layout["comments"]]
        layout["endings"] = [[number + 1, ending] for number, ending in layout["endings"]]
    return layout


def sentence_lines(
    layout: Mapping[str, Any], tagged: TaggedWords, form: FileForm, *, n_words: int
) -> Iterator[str]:
    """Yield the lines of a sentence, each with its line break.

    Words are numbered as they were before any was cut; the pieces of one share its line's break.
    """
    endings: dict[int, str] = dict(layout.get("endings", ()))
    number = 0
    for line, is_whole in _rows(layout, tagged, form, n_words):
        yield line + (endings.get(number, form.newline) if is_whole else form.newline)
        number += is_whole


def _rows(
    layout: Mapping[str, Any], tagged: TaggedWords, form: FileForm, n_words: int
) -> Iterator[tuple[str, bool]]:
    """Yield each line and whether it ends what was one line in the file."""
    comments = deque(layout["comments"])
    extras: Sequence[Sequence[str]] = layout.get("extras") or [form.fillers] * n_words
    following = [word.origin for word in tagged.words[1:]] + [n_words]
    for word, token, tag, after in zip(tagged.words, tagged.tokens, tagged.tags, following, strict=True):
        while comments and comments[0][0] <= word.origin:
            yield comments.popleft()[1], True
        yield form.separator.join((token, *extras[word.origin], tag)), after != word.origin
    for _, line in comments:
        yield line, True
    for line in layout.get("after", [""]):
        yield line, True
