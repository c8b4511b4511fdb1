"""Downloads of exported models: a zip of the verified bundle, or its graph alone, as streams.

`/wb/bundles/PROJECT/BUNDLE.zip` and `/wb/bundles/PROJECT/BUNDLE/model.onnx`.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from io import RawIOBase
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from workbench.config import Home
from workbench.domain.questions import check_slug
from workbench.errors import ArtefactError, UnknownNameError, WorkbenchError
from workbench.ui.gate import visitor_of
from workbench.usecases.project import open_project, project_folder
from workbench.usecases.show_progress import BUNDLE_MANIFEST, GRAPH
from workbench.usecases.verify_bundle import WholeBundle, verify_bundle

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

CHUNK = 256 * 1024
HEADERS = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
TIME = (2020, 1, 1, 0, 0, 0)  # a zip of the same bundle is the same zip


def may_download(request: Request) -> bool:
    """Tell whether whoever asks may have a model. Without accounts everybody at this machine may."""
    visitor = visitor_of(request)
    return visitor is not None and visitor.leads


def send_zip(request: Request) -> Response:
    """Send a bundle as a zip that unpacks to its folder."""

    def send(bundle: WholeBundle) -> Response:
        headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{bundle.folder.name}.zip"'}
        return StreamingResponse(zipped(bundle), media_type="application/zip", headers=headers)

    return _send(request, send)


def send_graph(request: Request) -> Response:
    """Send the graph of a bundle."""

    def send(bundle: WholeBundle) -> Response:
        headers = {
            **HEADERS,
            "Content-Disposition": f'attachment; filename="{bundle.folder.name}.onnx"',
            "Content-Length": str(bundle.manifest["files"][GRAPH]["bytes"]),
        }
        return StreamingResponse(
            checked_chunks(bundle, GRAPH), media_type="application/octet-stream", headers=headers
        )

    return _send(request, send)


def _send(request: Request, send: Callable[[WholeBundle], Response]) -> Response:
    if not may_download(request):
        return PlainTextResponse("You may not download models.", status_code=403, headers=HEADERS)
    names = request.path_params
    try:
        folder = bundle_folder(names["project"], names["bundle"])
        with open_project(Home.find(), names["project"]) as project:
            bundle = verify_bundle(project, folder)
    except ArtefactError as error:
        return PlainTextResponse(f"{error.message}\n", status_code=409, headers=HEADERS)
    except WorkbenchError as error:
        return PlainTextResponse(f"{error.message}\n", status_code=404, headers=HEADERS)
    return send(bundle)


def bundle_folder(project: str, bundle: str) -> Path:
    """Return the folder of a bundle, which lies in the project's models and is no link elsewhere.

    Raises InputError for names that are no slugs and UnknownNameError for what is not there.
    """
    home = Home.find()
    project_folder(home, project)
    models = home.models(project)
    folder = models / check_slug("bundle", bundle)
    if not (folder / BUNDLE_MANIFEST).exists() or folder.resolve() != models.resolve() / bundle:
        raise UnknownNameError("bundle", bundle, ())
    return folder


def zipped(bundle: WholeBundle) -> Iterator[bytes]:
    """Yield the bytes of a zip of the files that the manifest names, the manifest itself last.

    Nothing is compressed: weights hardly shrink. Raises ArtefactError, so that the download breaks off,
    when a file is another one than a moment ago.
    """
    stream = _Passed()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name in (*sorted(bundle.manifest["files"]), BUNDLE_MANIFEST):
            entry = zipfile.ZipInfo(f"{bundle.folder.name}/{name}", TIME)
            entry.file_size = (bundle.folder / name).lstat().st_size
            entry.external_attr = 0o644 << 16
            with archive.open(entry, "w") as target:
                for chunk in checked_chunks(bundle, name):
                    target.write(chunk)
                    yield from stream.taken()
    yield from stream.taken()


def checked_chunks(bundle: WholeBundle, name: str) -> Iterator[bytes]:
    """Yield a file of a bundle, which is no link; the last piece only when all of it is what was verified.

    Raises ArtefactError otherwise, so that the download breaks off before its end.
    """
    files = bundle.manifest["files"]
    expected = bundle.manifest_sha256 if name == BUNDLE_MANIFEST else files[name]["sha256"]
    digest, last = sha256(), b""
    with os.fdopen(os.open(bundle.folder / name, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            if last:
                yield last
            last = chunk
    if digest.hexdigest() != expected:
        raise ArtefactError(f"The file {name} changed while it was sent.", where=bundle.folder.name)
    if last:
        yield last


class _Passed(RawIOBase):
    """What is written waits here until it is taken: a file that cannot be sought in."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        chunk = bytes(data)
        self._chunks.append(chunk)
        return len(chunk)

    def taken(self) -> Iterator[bytes]:
        """Give out what was written, and forget it."""
        chunks, self._chunks = self._chunks, []
        yield from chunks


ROUTES = [
    Route("/wb/bundles/{project}/{bundle}.zip", send_zip),
    Route("/wb/bundles/{project}/{bundle}/model.onnx", send_graph),
]
