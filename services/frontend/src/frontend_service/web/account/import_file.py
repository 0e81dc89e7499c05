"""A file on its way through two forms: chosen in the first, looked at, and taken in by the second."""

import base64
import binascii
import zlib
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import UploadFile

from frontend_service.web.posted_form import parse_form
from servicekit.errors import Invalid
from servicekit.web.body_limit import MAX_BODY_BYTES

MOST_PACKED = 640 * 1024
"""Bytes; as the text of a form they are a third more, and the form has a limit."""
TOO_LARGE = "This file is too large for this page. The API takes larger ones: POST /import, packed with gzip."


@dataclass(frozen=True, slots=True)
class ImportFile:
    """content: as it was chosen. project: for the tasks of a file that names none."""

    content: bytes
    name: str
    project: str

    @property
    def packed(self) -> str:
        """The content as text of a form. Raises `Invalid` for what is too large."""
        packed = zlib.compress(self.content, 6)
        if len(packed) > MOST_PACKED:
            raise Invalid(TOO_LARGE)
        return base64.b64encode(packed).decode()


async def read_uploaded_file(request: Request) -> ImportFile:
    """The file of an upload. Raises `Invalid` where none was chosen."""
    form = await parse_form(request)
    try:
        file, project = form.get("file"), form.get("project")
        if not isinstance(file, UploadFile) or not file.filename:
            raise Invalid("Choose a file first.")
        content = await file.read()
    finally:
        await form.close()
    if not content:
        raise Invalid("This file is empty.")
    return ImportFile(content, file.filename, project.strip() if isinstance(project, str) else "")


def restore_file(packed: str, name: str, project: str) -> ImportFile:
    """The file as a form kept it. Raises `Invalid` for what no form of ours says."""
    try:
        reader = zlib.decompressobj()
        content = reader.decompress(base64.b64decode(packed, validate=True), MAX_BODY_BYTES)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise Invalid("Choose the file again.") from error
    if not content or not reader.eof:
        raise Invalid("Choose the file again.")
    return ImportFile(content, name, project)
