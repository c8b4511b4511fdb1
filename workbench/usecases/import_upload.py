"""A file that came through the browser: kept under a random name until it is looked at or imported."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias
from uuid import uuid4

from workbench import artefacts
from workbench.config import LIMITS, MEBIBYTE
from workbench.domain.conversion import ReadOptions
from workbench.domain.ports import Progress
from workbench.errors import InputError, MachineError, SourceError, WorkbenchError
from workbench.store.links import Links
from workbench.usecases.import_documents import ImportResult, check_content, read_file, store_content
from workbench.usecases.preview_import import Preview, as_json, preview_import
from workbench.usecases.project import Project, open_folder

UPLOADS = Path("data", "uploads")
UPLOAD_ID = re.compile(r"[0-9a-f]{32}")
CONFIG_ENDING = ".label_config.xml"  # where the source of Label Studio exports looks for it
OPTION = re.compile(r"--[a-z]+(?:-[a-z]+)*")
TO_DECLARE = re.compile(r"To declare: `.*`( \(and \d+ more\))?\.")
READ_FIELDS = (
    "question",
    "skip_bad",
    "encoding",
    "scheme",
    "repair_iob",
    "text_column",
    "label_column",
    "id_column",
    "delimiter",
)
FIELDS_OF_OPTIONS = {  # what options of the command line are called on the page
    "--skip-bad": "Leave bad records out",
    "--encoding": "Encoding",
    "--format": "Format",
    "--question": "Its answers are for the question",
    "--scheme": "Scheme of the tags",
    "--repair-iob": "Repair tags",
    "--text-column": "Column of the texts",
    "--label-column": "Column of the labels",
    "--id-column": "Column of the ids",
    "--delimiter": "What parts the columns",
    "--label-config": "Its labelling config",
}
FORGOTTEN_SECONDS = 24 * 3600.0
LONGEST_NAME = 200
Content: TypeAlias = bytes | memoryview


@dataclass(frozen=True, slots=True)
class Upload:
    """What is to be imported and how. `name` is what the visitor calls the file; it is never a path."""

    name: str
    format: str = ""
    question: str = ""
    held_out: bool = False
    skip_bad: bool = False
    encoding: str = "utf-8"
    scheme: str = "iob2"
    repair_iob: bool = False
    text_column: str = ""
    label_column: str = ""
    id_column: str = ""
    delimiter: str = ""

    @property
    def options(self) -> ReadOptions:
        """How the file is read."""
        said = {name: getattr(self, name) for name in READ_FIELDS}
        return ReadOptions(**said, name=plain_name(self.name))


def plain_name(name: str) -> str:
    """Return the last part of a file's name as it was sent, without what cannot be seen.

    >>> plain_name("../../etc/a\\tb.csv"), plain_name("C:\\\\x\\\\mail.csv"), plain_name("//")
    ('ab.csv', 'mail.csv', 'upload')
    """
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(c for c in last if c.isprintable()).encode("utf-8", "ignore").decode()
    return shown.strip(". ")[-LONGEST_NAME:] or "upload"


@contextmanager
def lying(content: Content, config: Content | None = None) -> Iterator[Path]:
    """Put an upload into a file of a random name as long as the block lasts."""
    with TemporaryDirectory(prefix="workbench-") as folder:
        yield write_upload(Path(folder), content, config)


def write_upload(folder: Path, content: Content, config: Content | None = None) -> Path:
    """Write an upload, and the labelling config that goes with it, and return where.

    Raises InputError for one that is too large, MachineError when it cannot be written.
    """
    for what, sent in (("file", content), ("labelling config", config)):
        if sent is not None and len(sent) > LIMITS.file_bytes:
            raise InputError(f"The {what} is larger than {LIMITS.file_bytes // MEBIBYTE} MB.")
    path = folder / uuid4().hex
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if config is not None:
            path.with_name(path.name + CONFIG_ENDING).write_bytes(config)
        path.write_bytes(content)
    except OSError as error:
        for part in (path, path.with_name(path.name + CONFIG_ENDING)):
            part.unlink(missing_ok=True)
        raise MachineError(f"The upload cannot be kept: {error.strerror}.", where=str(folder)) from error
    return path


def config_of(project: Project) -> bytes | None:
    """Return the labelling config of the project in Label Studio that this one is connected to, if any."""
    link = Links(project.store).find()
    said = link.state.get("label_config") if link is not None else None
    return said.encode() if isinstance(said, str) else None


def preview_upload(project: Project, path: Path, upload: Upload) -> Preview:
    """Show what an import would bring; see `preview_import`."""
    with named_in_errors(path, upload):
        found = preview_import(
            project, path, format_name=upload.format, options=upload.options, held_out=upload.held_out
        )
    left = without_options(found.left_refusal)
    return replace(found, refusal=without_options(found.refusal), left_refusal=left)


def import_upload(project: Project, path: Path, upload: Upload) -> ImportResult:
    """Import an upload; see `import_documents`. What is left out stands in the report alone."""
    with named_in_errors(path, upload):
        read = read_file(project, path, format_name=upload.format, options=upload.options)
        return store_content(project, check_content(project, read, held_out=upload.held_out))


@contextmanager
def named_in_errors(path: Path, upload: Upload) -> Iterator[None]:
    """Call the file by its visitor's name for it in errors, and name the page's switches, not options."""
    name = plain_name(upload.name)
    try:
        yield
    except SourceError as error:
        raise SourceError(name, error.problems, hint=without_options(error.hint)) from error
    except WorkbenchError as error:
        error.where = error.where.replace(str(path), name)
        error.hint = without_options(error.hint)
        raise


def without_options(hint: str) -> str:
    """Return a hint with the names of the page's fields in place of options of the command line.

    >>> without_options("Name the encoding: --encoding cp1252 or latin-1.")
    "Name the encoding: 'Encoding' cp1252 or latin-1."
    """
    said = TO_DECLARE.sub("Add such labels on the tab Questions & labels first.", hint)
    said = said.replace("--skip-bad leaves bad records out", "--skip-bad imports the others")
    return OPTION.sub(lambda found: f"'{FIELDS_OF_OPTIONS.get(found[0], found[0])}'", said)


# Large files wait for the worker


def keep_upload(project: Project, content: Content, config: Content | None = None) -> str:
    """Keep an upload in the project's folder until its job ends, and return its id.

    Those that nobody imported within a day go.
    """
    folder = project.folder / UPLOADS
    for old in folder.glob("*"):
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > FORGOTTEN_SECONDS:
                old.unlink()
    return write_upload(folder, content, config).name


def drop_upload(project: Project, upload_id: str) -> None:
    """Delete an upload and what was found out about it; one that is gone is no error."""
    path = upload_path(project, upload_id)
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink(missing_ok=True)


def upload_path(project: Project, upload_id: str) -> Path:
    """Return where an upload lies. Raises InputError for what cannot be the id of one."""
    if not UPLOAD_ID.fullmatch(upload_id):
        raise InputError("This is no upload.", hint="Upload the file again.")
    return project.folder / UPLOADS / upload_id


def kept_preview(project: Project, upload_id: str) -> dict[str, Any]:
    """Return what the job `preview` found in an upload. Raises ArtefactError when it is gone."""
    found: dict[str, Any] = artefacts.read_json(_preview_path(project, upload_id))
    return found


def _preview_path(project: Project, upload_id: str) -> Path:
    path = upload_path(project, upload_id)
    return path.with_name(f"{path.name}.json")


def run_preview_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `preview`; arguments: `upload_id` and the fields of `Upload`."""
    with open_folder(folder) as project:
        path, upload = _asked(project, arguments)
        progress(0, 1, "reading the file")
        with _dropped_when_refused(project, path):
            found = preview_upload(project, path, upload)
        artefacts.write_json(_preview_path(project, path.name), as_json(found))
        progress(1, 1, "reading the file")
        return {"n_documents": found.n_documents}


def run_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `import`; arguments: `upload_id` and the fields of `Upload`. The upload goes in the end."""
    with open_folder(folder) as project:
        path, upload = _asked(project, arguments)
        progress(0, 1, "importing")
        with _dropped_when_refused(project, path):
            result = import_upload(project, path, upload)
        progress(1, 1, "importing")
        drop_upload(project, path.name)
        return result_json(result)


@contextmanager
def _dropped_when_refused(project: Project, path: Path) -> Iterator[None]:
    """Delete an upload that will never fit: its job cannot be taken up again."""
    try:
        yield
    except InputError as error:
        drop_upload(project, path.name)
        error.hint = f"{error.hint}\n  Mend the file and upload it again.".lstrip("\n ")
        raise


def result_json(result: ImportResult) -> dict[str, Any]:
    """Return what an import did as JSON values."""
    return {
        "format": result.format,
        "in_words": result.report.in_words(),
        "warnings": dict(result.report.warnings),
        "stored": {
            **asdict(result.stored),
            "answers_new": result.stored.answers_new,
            "answers_same": result.stored.answers_same,
        },
        "n_twins": result.n_twins,
        "n_control": result.n_control,
    }


def _asked(project: Project, arguments: Mapping[str, Any]) -> tuple[Path, Upload]:
    fields = dict(arguments)
    path = upload_path(project, str(fields.pop("upload_id")))
    if not path.is_file():
        raise InputError("The upload is not there any more.", hint="Upload the file again.")
    return path, replace(Upload(""), **fields)
