"""Static files: read once, served under an address that changes with their content.

All files share one address prefix, made of a hash over all of them: the scripts find each other by
relative paths, and a browser keeps what it has until the next release.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

FOLDER = Path(__file__).parents[1] / "static"
PREFIX = "/static"
STYLES = "css/all.css"
"""All style sheets as one, in the order of their names."""
TYPES = {
    "": "text/plain; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
COMPRESSED = frozenset({".css", ".js", ".svg"})


@dataclass(frozen=True)
class StaticFile:
    """One static file."""

    path: str
    body: bytes

    @cached_property
    def etag(self) -> str:
        """Of the content, without quotes: the same at every replica."""
        return hashlib.sha256(self.body).hexdigest()[:16]

    @cached_property
    def compressed(self) -> bytes:
        """Packed with gzip, once; without a time, so that all replicas serve the same bytes."""
        return gzip.compress(self.body, mtime=0)

    @property
    def media_type(self) -> str:
        return TYPES.get(Path(self.path).suffix, "application/octet-stream")

    def respond(self, request: Request) -> Response:
        """The file as `request` can take it."""
        compresses = Path(self.path).suffix in COMPRESSED and "gzip" in request.headers.get(
            "accept-encoding", ""
        )
        etag = f'"{self.etag}-gzip"' if compresses else f'"{self.etag}"'
        headers = {"etag": etag, "vary": "accept-encoding", "x-content-type-options": "nosniff"}
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if compresses:
            headers["content-encoding"] = "gzip"
        return Response(self.compressed if compresses else self.body, 200, headers, self.media_type)


class StaticFiles:
    """Every static file of this release."""

    def __init__(self, folder: Path = FOLDER) -> None:
        found = sorted(file for file in folder.rglob("*") if file.is_file())
        paths = [file.relative_to(folder).as_posix() for file in found]
        self.files = {
            path: StaticFile(path, file.read_bytes()) for path, file in zip(paths, found, strict=True)
        }
        sheets = [file.body for path, file in self.files.items() if path.startswith("css/")]
        self.files[STYLES] = StaticFile(STYLES, b"\n".join(sheets))
        names = "".join(f"{path} {file.etag}\n" for path, file in self.files.items())
        self.release = hashlib.sha256(names.encode()).hexdigest()[:12]

    def url(self, path: str) -> str:
        """Where a browser finds a file."""
        return f"{PREFIX}/{self.release}/{path}"

    def below(self, folder: str) -> list[str]:
        """The addresses of all files in a folder."""
        return [self.url(path) for path in self.files if path.startswith(f"{folder}/")]
