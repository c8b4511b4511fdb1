"""Downloads as routes of the server: a file is streamed, not held in memory, and deleted afterwards."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from workbench.config import Home
from workbench.errors import InputError, UnknownNameError, WorkbenchError
from workbench.ui.gate import visitor_of
from workbench.usecases.download_data import Download, write_download
from workbench.usecases.project import open_project

PATH = "/download/{project}/data/{question}"


def may_download(request: Request) -> bool:
    """Tell whether whoever asks may have the project's data: leads may, and all without accounts."""
    visitor = visitor_of(request)
    return visitor is not None and visitor.leads


def download_data(request: Request) -> Response:
    """Answer with a question's labelled documents as a file, or with what is wrong as JSON.

    Served in a thread, as writing takes a while. 403 without the right, 404 for an unknown name, 422
    for what cannot be written.
    """
    if not may_download(request):
        return JSONResponse({"code": "forbidden", "message": "You may not download this."}, 403)
    folder = Path(tempfile.mkdtemp(prefix="workbench-download-"))
    try:
        path = write_into(folder, request.path_params, request.query_params)
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, WorkbenchError):
            return refusal(error)
        raise
    return FileResponse(
        path,
        media_type="application/octet-stream",
        filename=path.name,
        headers={"x-content-type-options": "nosniff", "cache-control": "no-store"},
        background=BackgroundTask(shutil.rmtree, folder, ignore_errors=True),
    )


def write_into(folder: Path, names: Mapping[str, str], asked: Mapping[str, str]) -> Path:
    """Write what is asked for into a folder and return the one file that holds it all."""
    download = Download.parse(names["question"], asked)
    with open_project(Home.find(), names["project"]) as project:
        path = folder / download.file_name(project.name)
        report = write_download(project, download, path)
    if not report.beside:
        return path
    packed = path.with_suffix(".zip")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in (path, *report.beside):
            archive.write(part, part.name)
    return packed


def refusal(error: WorkbenchError) -> Response:
    """Return an error as the answer of a route."""
    code = 404 if isinstance(error, UnknownNameError) else 422 if isinstance(error, InputError) else 500
    return JSONResponse({"code": type(error).__name__, "message": error.message, "hint": error.hint}, code)


def download_link(project: str, download: Download) -> str:
    """Return the address of a download, below the server's own."""
    place = PATH.format(project=project, question=download.question)
    return f"{place}?{urlencode(download.as_query())}"


ROUTES = [Route(PATH, download_data, methods=["GET"], name="download-data")]
