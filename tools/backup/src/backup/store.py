"""Backups in an object store: a folder for each database, in it one for each backup."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store
from pydantic import ValidationError

from backup.errors import BackupError
from backup.manifest import NAMES, Manifest
from backup.settings import StoreSettings

DUMP, MANIFEST = "dump.age", "manifest.json"
PART_BYTES = 16 * 2**20
"""Of an upload; a store takes 10,000 parts at most, so a dump may have 156 GiB."""

PARTS_AT_ONCE = 2
PATIENCE = timedelta(minutes=2)
"""How long one request is tried again."""

ERROR_RESPONSE = re.compile(r"<Code>(.*?)</Code>\s*<Message>(.*?)</Message>", re.S)


@dataclass(frozen=True, slots=True)
class Store:
    """Raises `BackupError` with what the store said, once asking again didn't help."""

    bucket: S3Store

    @classmethod
    def of(cls, settings: StoreSettings) -> "Store":
        bucket = S3Store(
            settings.bucket,
            endpoint=settings.endpoint,
            region=settings.region,
            access_key_id=settings.access_key.get_secret_value(),
            secret_access_key=settings.secret_key.get_secret_value(),
            virtual_hosted_style_request=False,
            client_options={"allow_http": settings.endpoint.startswith("http://"), "timeout": "60s"},
            retry_config={"max_retries": 8, "retry_timeout": PATIENCE},
        )
        return cls(bucket)

    def put_dump(self, database: str, name: str, content: Iterable[bytes]) -> None:
        """An exception of `content` ends the upload, and nothing is there then."""
        path = f"{database}/{name}/{DUMP}"
        blocks = iter(content)
        with _asked_to(f"take {path}"):
            obstore.put(self.bucket, path, blocks, chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE)

    def put_manifest(self, manifest: Manifest) -> None:
        path = f"{manifest.database}/{manifest.name}/{MANIFEST}"
        with _asked_to(f"take {path}"):
            obstore.put(self.bucket, path, manifest.model_dump_json(indent=1).encode())

    def dump(self, manifest: Manifest) -> Iterator[bytes]:
        """Content of the encrypted dump."""
        path = f"{manifest.database}/{manifest.name}/{DUMP}"
        with _asked_to(f"give {path}"):
            yield from map(bytes, obstore.get(self.bucket, path).stream(min_chunk_size=2**20))

    def names(self, database: str) -> list[str]:
        """Of backups that are whole, oldest first."""
        with _asked_to(f"list the backups of {database}"):
            listed = [item["path"] for page in obstore.list(self.bucket, f"{database}/") for item in page]
        folders = [path.split("/")[1] for path in listed if path.endswith(f"/{MANIFEST}")]
        return sorted(name for name in folders if NAMES.fullmatch(name))

    def manifest(self, database: str, name: str = "") -> Manifest:
        """Of one backup, by default of the newest that is whole."""
        if not name:
            whole = self.names(database)
            if not whole:
                raise BackupError(f"There is no backup of {database}.")
            name = whole[-1]
        if not NAMES.fullmatch(name):
            raise BackupError(f"{name!r} is not the name of a backup, such as 20260131T020000Z.")
        path = f"{database}/{name}/{MANIFEST}"
        with _asked_to(f"give {path}"):
            content = bytes(obstore.get(self.bucket, path).bytes())
        try:
            found = Manifest.model_validate_json(content)
        except ValidationError as error:
            raise BackupError(f"{path} is not a manifest: {error}") from error
        if (found.database, found.name) != (database, name):
            raise BackupError(f"{path} is the manifest of {found.database}/{found.name}.")
        return found


@contextmanager
def _asked_to(do: str) -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        raise BackupError(f"The store did not {do}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """What S3's own response says if there was one, else what went wrong on the way, on one line."""
    match = ERROR_RESPONSE.search(str(error))
    if match:
        return f"{match[1]}: {match[2]}"
    return " ".join(str(error).partition("Debug source:")[0].split())
