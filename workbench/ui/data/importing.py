"""The tab that imports a file: what it holds is shown before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import streamlit as st
from markupsafe import Markup
from streamlit.runtime.uploaded_file_manager import UploadedFile

from workbench import catalog
from workbench.config import MEBIBYTE
from workbench.errors import UnknownNameError
from workbench.store.jobs import Job
from workbench.ui.choices import remember
from workbench.ui.data.reasons import show_reasons
from workbench.ui.data.refused import show_refusal, show_undeclared
from workbench.ui.data.shown import document_item, labels_html, show_documents, show_problems
from workbench.ui.jobs import show_job, start_job
from workbench.ui.links import show_link
from workbench.ui.messages import as_markdown
from workbench.usecases.ask_for_work import find_job
from workbench.usecases.import_upload import (
    Content,
    Upload,
    config_of,
    drop_upload,
    import_upload,
    keep_upload,
    kept_preview,
    lying,
    plain_name,
    preview_upload,
    result_json,
)
from workbench.usecases.preview_import import Preview, PreviewedDocument, from_json
from workbench.usecases.project import Project
from workbench.usecases.sniff_format import SNIFFED_BYTES, sniff_bytes

LARGE_BYTES = MEBIBYTE  # beyond (14,000 rows: 1 to 2 s), the worker reads the file: others would wait
JOB = "import-job"
FITTING = "the one that fits"
PARTS = {"pool": "pool: to annotate and learn from", "held-out": "held out: only to judge models"}
DELIMITERS = {"": "as the file shows", ",": "comma", ";": "semicolon", "\t": "tab", "|": "|"}
SCHEMES = ("iob2", "iob1", "bioes")
ENCODINGS = ("utf-8", "utf-16", "cp1252", "latin-1", "cp1251")


def show(project: Project) -> None:
    """Show the job of a large file, else what was imported last and the form."""
    job = asked_job(project)
    if job is not None:
        show_large(project, job)
        return
    done = st.session_state.pop(f"imported into {project.name}", None)
    if done is not None:
        show_result(project, done)
    place = f"{project.name} {st.session_state.get(f'uploads of {project.name}', 0)}"
    file = st.file_uploader(
        "A file with documents, with or without answers: CSV, JSON Lines, IOB2, CoNLL-2003, spaCy DocBin or a "
        "Label Studio export",
        key=f"upload {place}",
    )
    upload = ask_how(project, place)
    if file is None:
        return
    upload = replace(upload, name=file.name)
    config = ask_config(project, file, upload, place)
    if file.size > LARGE_BYTES:
        start_large(project, file, config, upload)
        return
    preview = previewed(project, file, config, upload)
    if show_preview(preview, name=file.name, key=place):
        with lying(file.getbuffer(), config) as path:
            result = import_upload(project, path, replace(upload, format=preview.format))
        finish(project, result_json(result), preview)


def ask_how(project: Project, place: str) -> Upload:
    """Ask what the file answers, where its documents go, and how it is read."""
    names = [question.name for question in project.store.questions()]
    columns = st.columns([3, 4, 3], gap="medium")
    question = columns[0].selectbox("Its answers are for the question", [FITTING, *names], key=f"for {place}")
    part = columns[1].radio(
        "Its documents go to the", list(PARTS), format_func=PARTS.__getitem__, key=f"part {place}"
    )
    wanted = columns[2].selectbox(
        "Format",
        ["", *catalog.source_names()],
        format_func=lambda name: name or "recognised by its content",
        key=f"format {place}",
    )
    skips = st.checkbox("Leave bad records out and import the others", key=f"skip {place}")
    asked = "" if question == FITTING else str(question)
    upload = Upload("", str(wanted), asked, part == "held-out", skips)
    with st.expander("How the file is read"):
        return ask_reading(upload, place)


def ask_reading(upload: Upload, place: str) -> Upload:
    """Ask for what a file leaves open: its encoding, its columns, the scheme of its tags."""
    first, second, third = st.columns(3, gap="medium")
    encoding = first.selectbox("Encoding", ENCODINGS, key=f"encoding {place}")
    delimiter = first.selectbox(
        "What parts the columns",
        list(DELIMITERS),
        format_func=DELIMITERS.__getitem__,
        key=f"delimiter {place}",
    )
    scheme = first.selectbox("Scheme of the tags", SCHEMES, key=f"scheme {place}")
    text = second.text_input("Column of the texts", placeholder="text", key=f"texts {place}")
    label = second.text_input("Column of the labels", placeholder="the only other one", key=f"labels {place}")
    id_column = third.text_input("Column of the ids", placeholder="id", key=f"ids {place}")
    repair = third.checkbox("Repair tags: a stray I- begins an entity", key=f"repair {place}")
    return replace(
        upload,
        encoding=encoding,
        delimiter=delimiter,
        scheme=scheme,
        text_column=text.strip(),
        label_column=label.strip(),
        id_column=id_column.strip(),
        repair_iob=repair,
    )


def ask_config(project: Project, file: UploadedFile, upload: Upload, place: str) -> Content | None:
    """Ask for the labelling config of a Label Studio export; a connected project has one."""
    if (upload.format or sniff_bytes(bytes(file.getbuffer()[:SNIFFED_BYTES]))) != "label-studio":
        return None
    config = st.file_uploader("Its labelling config (XML)", key=f"config {place}")
    return config_of(project) if config is None else config.getbuffer()


def previewed(project: Project, file: UploadedFile, config: Content | None, upload: Upload) -> Preview:
    """Return what the file holds, worked out once for each choice."""
    known_there = bytes(config) if config is not None else b""
    key = (file.file_id, known_there, upload, project.store.questions(), project.store.n_documents())
    known = st.session_state.get(f"previewed for {project.name}")
    if known is not None and known[0] == key:
        found: Preview = known[1]
        return found
    with st.spinner("Looking into the file …"), lying(file.getbuffer(), config) as path:
        preview = preview_upload(project, path, upload)
    st.session_state[f"previewed for {project.name}"] = (key, preview)
    return preview


def show_preview(preview: Preview, *, name: str, key: str) -> bool:
    """Show what an import would bring; tell whether it was asked for."""
    st.markdown(f"**{as_markdown(plain_name(name))}** read as {preview.format}: {preview.in_words}")
    if preview.question and preview.n_answers:
        st.markdown(f"Its answers are for **{as_markdown(preview.question)}**.")
    if preview.refusal:
        show_refusal(preview)
    for reason, n in preview.warnings.items():
        st.warning(f"{n:,} × {as_markdown(reason)}", icon=":material/warning:")
    show_undeclared(preview.undeclared)
    if preview.problems:
        st.subheader("Wrong or left out", anchor=False)
        show_reasons(preview.problems)
        show_problems(preview.problems, name=plain_name(name), key=key)
    new = preview.n_documents - preview.n_known
    asked = False
    if preview.fitting:
        names = ", ".join(as_markdown(question) for question in preview.fitting)
        st.info(
            f"Which question do its answers belong to: {names}? Choose it above under “Its answers are for "
            "the question”.",
            icon=":material/help:",
        )
    elif not preview.refusal:
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            asked = st.button(
                f"Import {preview.n_documents:,} documents", type="primary", key=f"import {key}"
            )
            st.markdown(
                f"{new:,} new, {preview.n_known:,} known already, {preview.n_answers:,} answers. "
                "Nothing is stored yet."
            )
    if preview.documents:
        st.subheader("The first documents", anchor=False)
        show_documents([previewed_item(shown) for shown in preview.documents])
    return asked


def previewed_item(shown: PreviewedDocument) -> Markup:
    """Return one of the first documents with what the file says about it."""
    said: Markup | str = labels_html(shown.labels)
    if not shown.labels and not shown.spans:
        said = "answered: nothing in it" if shown.is_answered else "no answer"
    return document_item(shown.text, spans=shown.spans, about=[said, shown.id])


def finish(project: Project, result: Mapping[str, Any], preview: Preview) -> None:
    """Run the page again with what was imported, and an empty form."""
    st.session_state[f"imported into {project.name}"] = {**result, "n_left_out": len(preview.problems)}
    number = st.session_state.get(f"uploads of {project.name}", 0)
    st.session_state[f"uploads of {project.name}"] = number + 1
    st.session_state.pop(f"previewed for {project.name}", None)
    st.rerun()


def show_result(project: Project, result: Mapping[str, Any]) -> None:
    """Say what an import brought, and what comes next."""
    stored = result["stored"]
    st.success(
        f"Imported: {stored['documents_new']:,} new documents, {stored['documents_same']:,} known ones; "
        f"{stored['answers_new']:,} new answers, {stored['answers_same']:,} known ones. "
        f"({as_markdown(result['in_words'])})",
        icon=":material/check:",
    )
    if result.get("n_control"):
        st.info(
            f"{result['n_control']:,} of the new documents were drawn by chance, to measure: they are asked without a "
            "suggestion, and no model learns from them.",
            icon=":material/casino:",
        )
    if result["n_twins"]:
        st.warning(
            f"{result['n_twins']:,} texts of the pool are held out or control too; those documents are neither "
            "asked about nor learned from.",
            icon=":material/warning:",
        )
    if not project.store.n_documents("held-out"):
        st.info(
            "Next: label some documents. And import some with answers as held out: models are judged on them, and "
            "an export needs them.",
            icon=":material/arrow_forward:",
        )
    if project.store.n_documents("pool"):
        show_link("annotate", "Annotate the documents", project=project.name)


# Large files


def asked_job(project: Project) -> Job | None:
    """Return the job that the URL names, if it imports into this project."""
    number = st.query_params.get(JOB, "")
    if not (number.isascii() and number.isdigit() and len(number) < 12):
        return None
    try:
        job = find_job(project, int(number))
    except UnknownNameError:
        return None
    return job if job.verb in ("preview", "import") else None


def start_large(project: Project, file: UploadedFile, config: Content | None, upload: Upload) -> None:
    """Offer to look into a large file in the background."""
    st.markdown(
        f"The file has {file.size / MEBIBYTE:,.0f} MB: it is looked through in the background, and you see what it "
        "holds before anything is stored."
    )
    if st.button("Look into the file", type="primary", key="look into large file"):
        kept = keep_upload(project, file.getbuffer(), config)
        go_on(project, "preview", {"upload_id": kept, **asdict(upload)})


def go_on(project: Project, verb: str, arguments: Mapping[str, Any]) -> None:
    """Start a job and show it."""
    # Nothing named means the question that fits.
    job = start_job(project, verb, {name: value for name, value in arguments.items() if value != ""})
    remember(JOB, str(job.id))
    st.session_state.pop(f"chosen {JOB}", None)  # it belongs to this page alone
    st.rerun()


def show_large(project: Project, job: Job) -> None:
    """Show how far the job of a large file is, and what follows from it."""
    name = str(job.arguments.get("name", ""))
    st.markdown(f"**{as_markdown(plain_name(name))}**")
    if st.button("Another file", icon=":material/arrow_back:", key="another file", type="tertiary"):
        if job.state != "running":
            drop_upload(project, str(job.arguments["upload_id"]))
        st.query_params.pop(JOB, None)
        st.rerun()
    if job.state != "done":
        show_job(project, job.id)
    elif job.verb == "import":
        show_result(project, job.result or {})
    else:
        show_large_preview(project, job, name)


def show_large_preview(project: Project, job: Job, name: str) -> None:
    """Show what is in a large file, and offer to import it."""
    preview = from_json(kept_preview(project, str(job.arguments["upload_id"])))
    arguments = {**job.arguments, "format": preview.format}
    if show_preview(preview, name=name, key=f"large {job.id}"):
        go_on(project, "import", arguments)
    if (
        preview.refusal
        and preview.n_documents
        and not preview.left_refusal
        and st.button("Import without the bad records", key=f"without bad {job.id}")
    ):
        go_on(project, "import", {**arguments, "skip_bad": True})
