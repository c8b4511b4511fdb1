"""spaCy's DocBin (.spacy), both directions: texts, and the answers to one question.

    ner             doc.ents; when any document has spans that overlap, doc.spans["sc"] of all of them too
    textcat         doc.cats, 1.0 for the answer and 0.0 for the other labels
    textcat-multi   doc.cats, 1.0 for each label of the answer

A document without an answer has none of them: its entities are missing, not O. The id, the metadata and
the name of the question travel in `doc.user_data["workbench"]` as JSON. Words are spaCy's own, cut where
a span begins or ends inside one; the text comes back exactly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from spacy.strings import StringStore
from spacy.tokens import Doc, DocBin
from spacy.tokens import Span as TokenSpan
from spacy.vocab import Vocab

from workbench.artefacts import write_whole
from workbench.domain.conversion import (
    ConversionReport,
    Imported,
    LabelledDocument,
    ReadOptions,
    WriteOptions,
)
from workbench.domain.documents import Document
from workbench.domain.questions import KINDS, Kind, Question
from workbench.domain.spans import Span, first_overlap
from workbench.errors import InputError, MachineError, Problem, SourceError
from workbench.sources.answers import Chosen, Losses, chosen_answers, one_question
from workbench.sources.docbin_content import RawDoc, read_content
from workbench.sources.docbin_records import FACTS, GROUP, Record, read_record
from workbench.sources.docbin_tokens import tokenised, tokens_under
from workbench.sources.intake import Intake
from workbench.sources.text_files import read_unchanged, refused
from workbench.tokenisation.spacy_words import words_of

ATTRIBUTES = ("ENT_IOB", "ENT_TYPE")


class DocBinSource:
    """Reads and writes DocBin files; see the module for where the answers stand in a Doc."""

    def read(self, path: Path, options: ReadOptions) -> Imported:
        """Read all documents with the answers of one kind.

        Without `options.kind` the file decides. Raises SourceError for what is no sound DocBin, holds no
        document, or answers several kinds of question, and for scores that are no answers.
        """
        content = read_content(read_unchanged(path), str(path))
        store = StringStore(content.strings)
        strings = {int(store[string]): string for string in content.strings}
        records: list[Record | InputError] = []
        for raw in content.docs:
            try:
                records.append(read_record(raw, strings))
            except InputError as error:
                records.append(error)
        if not records:
            raise refused(path, Problem("no-documents", "There are 0 documents in this file."))
        sound = [record for record in records if isinstance(record, Record)]
        kind = options.kind or kind_of(sound, path)
        question = next((record.facts.question for record in sound if record.facts.question), "")
        intake = Intake(path, options, kind, question=question)
        for number, (record, raw) in enumerate(zip(records, content.docs, strict=True), start=1):
            _take(intake, record, raw, number)
        imported = intake.imported({"format": "docbin"})
        if options.labels is not None or kind in (None, "ner"):
            return imported
        return replace(imported, questions=(with_categories(imported.questions[0], sound, path),))

    def write(
        self,
        documents: Sequence[LabelledDocument],
        questions: Sequence[Question],
        path: Path,
        options: WriteOptions,
        file_layout: Mapping[str, object],
    ) -> ConversionReport:
        """Write a Doc a document, in the given order.

        A document counts as adjusted when a span made it necessary to cut one of its words. Raises
        SourceError for answers that are none to the question, and for annotators who disagree.
        """
        report = ConversionReport()
        losses = Losses(path, options, report)
        question = one_question(questions, KINDS, path, format_name="docbin")
        chosen = chosen_answers(documents, question, losses)
        losses.check()
        if not chosen:
            raise refused(path, Problem("no-documents", "There is no document to write."))
        has_overlaps = any(item.answer and first_overlap(item.answer.spans) for item in chosen)
        if has_overlaps:
            report.warn(
                f"spans overlap: all are in doc.spans['{GROUP}'], those of documents without in doc.ents"
            )
        vocab = Vocab()
        docs = [_doc(item, question, vocab, report, in_group=has_overlaps) for item in chosen]
        _save(path, DocBin(attrs=ATTRIBUTES, docs=docs, store_user_data=True).to_bytes())
        return report


def kind_of(records: Sequence[Record], path: Path) -> Kind | None:
    """Return the kind of question that the records answer, None when they answer none.

    Raises SourceError when there are categories and spans and no record says which were asked for.
    """
    said = {record.facts.kind for record in records if record.facts.kind}
    if len(said) == 1:
        return said.pop()
    has_spans = any(record.spans is not None for record in records)
    cats = [record.cats for record in records if record.cats]
    if cats and has_spans:
        problem = Problem("kind", "The documents have both categories and spans.")
        raise refused(path, problem, hint="Name the question, or the kind, of the answers to import.")
    if cats:
        single = all(list(found.values()).count(1) == 1 for found in cats)
        return "textcat" if single else "textcat-multi"
    return "ner" if has_spans else None


def with_categories(question: Question, records: Sequence[Record], path: Path) -> Question:
    """Return the question with all categories of the file as labels, also those that are never 1."""
    labels = dict.fromkeys(label for record in records for label in record.cats if isinstance(label, str))
    try:
        return replace(question, labels=tuple(labels))
    except InputError as error:
        raise refused(path, Problem("label", error.message), hint=error.hint) from error


def _take(intake: Intake, record: Record | InputError, raw: RawDoc, number: int) -> None:
    place = f"document {number}"
    try:
        if isinstance(record, InputError):
            raise record
        document = record.document(f"{intake.stem}-{number}")
        answer: tuple[str, ...] | tuple[Span, ...] | None = None
        if intake.kind is not None:
            answer = record.spans if intake.kind == "ner" else record.labels(intake.kind)
    except InputError as error:
        intake.refuse(Problem("document", error.message, record=place))
        return
    if intake.add(document, answer, record=place):
        intake.report.counts["tokens"] += len(record.tokens)
        if raw.has_unknown_spaces:
            intake.report.warn("texts whose spaces between words are guessed by spaCy")
        if raw.has_more:
            intake.report.warn("documents whose tags, lemmas, parses or entity links were not read")


def _doc(
    item: Chosen, question: Question | None, vocab: Vocab, report: ConversionReport, *, in_group: bool
) -> Doc:
    """Return the Doc of a document. Raises SourceError when spaCy would change its text."""
    text, answer = item.document.text, item.answer
    spans = list(dict.fromkeys(answer.spans)) if answer else []
    made = tokenised(text, _words(item.document), spans)
    words = [text[start:end] for start, end in made.tokens]
    doc = Doc(vocab, words=words, spaces=made.spaces, user_data={FACTS: _facts_of(item.document, question)})
    if doc.text != text:
        message = "spaCy's Doc does not give the text back character by character."
        raise SourceError("DocBin", [Problem("text", message, record=item.document.id)])
    if answer is not None and question is not None:
        if question.kind == "ner":
            _mark(doc, [TokenSpan(doc, *bounds) for bounds in tokens_under(made.tokens, spans)], in_group)
        else:
            labels = dict.fromkeys((*question.labels, *answer.labels))
            doc.cats = {label: float(label in answer.labels) for label in labels}
    if made.n_cut:
        report.warn("bounds of spans inside a word, which was cut there", made.n_cut)
    if answer and len(spans) < len(answer.spans):
        report.warn("spans that stand twice were written once", len(answer.spans) - len(spans))
    report.adjusted += bool(made.n_cut) and not item.lost
    report.kept += not made.n_cut and not item.lost
    return doc


def _mark(doc: Doc, spans: list[TokenSpan], in_group: bool) -> None:
    """Put spans where spaCy looks for them: in the entities unless they overlap, and in the group if asked."""
    ends = sorted((span.start, span.end) for span in spans)
    if all(end <= start for (_, end), (start, _) in pairwise(ends)):
        doc.set_ents(spans, default="outside")
    if in_group:
        doc.spans[GROUP] = spans


def _words(document: Document) -> list[tuple[int, int]]:
    """Return the tokens that the document came with, else spaCy's words."""
    tokens = (document.layout or {}).get("docbin_tokens")
    if tokens is None:
        tokens = words_of(document.text).tolist()
    return [(start, end) for start, end in tokens]


def _facts_of(document: Document, question: Question | None) -> str:
    facts: dict[str, Any] = {"id": document.id, "metadata": dict(document.metadata)}
    if question is not None:
        facts |= {"question": question.name, "kind": question.kind}
    try:
        return json.dumps(facts, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        problem = Problem("metadata", f"The metadata are no JSON: {error}.", record=document.id)
        raise SourceError("DocBin", [problem]) from error


def _save(path: Path, content: bytes) -> None:
    try:
        with write_whole(path) as file:
            file.write(content)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise refused(path, Problem("unwritable", f"Cannot be written: {error.strerror}.")) from error
    except OSError as error:
        raise MachineError(f"Cannot be written: {error.strerror}.", where=str(path)) from error
