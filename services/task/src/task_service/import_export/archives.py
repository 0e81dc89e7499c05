"""Files that are packed: by gzip, or as an archive of several. Nothing of an archive becomes a path."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Collection, Mapping
from typing import IO

from task_service.import_export.limits import MAX_BYTES, MAX_MEMBERS
from task_service.import_export.parsed_file import FileTooLarge, UnreadableFile

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
SUFFIXES = (".json", ".csv", ".ics")
"""Endings of the members that are read."""
MAX_NAME = 1_000
_BLOCK = 256 * 1024
_BROKEN = (OSError, EOFError, RuntimeError, ValueError, NotImplementedError, zlib.error, zipfile.BadZipFile)


def is_packed(body: bytes) -> bool:
    return body.startswith((GZIP, ZIP))


def unpack_file(body: bytes) -> Mapping[str, bytes]:
    """Name → content; of what is no archive the name is empty. Raises `UnreadableFile`."""
    try:
        if body.startswith(GZIP):
            plain = _read_limited(gzip.GzipFile(fileobj=io.BytesIO(body)), MAX_BYTES)
            return _read_members(plain) if plain.startswith(ZIP) else {"": plain}
        return _read_members(body) if body.startswith(ZIP) else {"": body}
    except UnreadableFile:
        raise
    except _BROKEN as error:
        raise UnreadableFile(f"The packed file can't be opened: {error}") from error


def _read_members(body: bytes) -> Mapping[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        if len(archive.infolist()) > MAX_MEMBERS:
            raise FileTooLarge("files in an archive", MAX_MEMBERS)
        members = [each for each in archive.infolist() if each.filename.lower().endswith(SUFFIXES)]
        if not members:
            raise UnreadableFile(f"The archive has no file in a supported format ({', '.join(SUFFIXES)}).")
        return _read_contents(archive, members)


def _read_contents(archive: zipfile.ZipFile, members: Collection[zipfile.ZipInfo]) -> Mapping[str, bytes]:
    found: dict[str, bytes] = {}
    left = MAX_BYTES
    for each in members:
        if len(each.filename) > MAX_NAME:
            raise UnreadableFile(f"A name in the archive has more than {MAX_NAME} characters.")
        with archive.open(each) as member:
            content = _read_limited(member, left)
        found[each.filename] = content
        left -= len(content)
    return found


def _read_limited(file: "gzip.GzipFile | IO[bytes]", limit: int) -> bytes:
    """All of it, a piece at a time, so that what is too large is not unpacked any further."""
    pieces = io.BytesIO()
    while piece := file.read(_BLOCK):
        pieces.write(piece)
        if pieces.tell() > limit:
            raise UnreadableFile(
                f"The file has more than {MAX_BYTES // 1024 // 1024} MiB when it is unpacked."
            )
    return pieces.getvalue()
