"""Backups in an object store: a folder for each database, in it one for each backup."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store
from pydantic import ValidationError

from backup.failure import BackupFailure
from backup.manifest import Manifest
from backup.settings import StoreSettings

DUMP, MANIFEST = "dump.age", "manifest.json"
PART_BYTES = 16 * 2**20
"""Of an upload; a store takes 10,000 parts at most, so a dump may have 156 GiB."""

PARTS_AT_ONCE = 2
PATIENCE = timedelta(minutes=2)
"""How long one request is tried again."""

NAMES = re.compile(r"\d{8}T\d{6}Z")


@dataclass(frozen=True, slots=True)
class Store:
    """Raises `BackupFailure` with what the store said, once asking again didn't help."""

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
        try:
            obstore.put(
                self.bucket, path, iter(content), chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE
            )
        except (BaseError, OSError) as error:
            raise BackupFailure(f"The store did not take {path}: {error}") from error

    def put_manifest(self, manifest: Manifest) -> None:
        path = f"{manifest.database}/{manifest.name}/{MANIFEST}"
        try:
            obstore.put(self.bucket, path, manifest.model_dump_json(indent=1).encode())
        except (BaseError, OSError) as error:
            raise BackupFailure(f"The store did not take {path}: {error}") from error

    def dump(self, manifest: Manifest) -> Iterator[bytes]:
        """Content of the sealed dump."""
        path = f"{manifest.database}/{manifest.name}/{DUMP}"
        try:
            yield from map(bytes, obstore.get(self.bucket, path).stream(min_chunk_size=2**20))
        except (BaseError, OSError) as error:
            raise BackupFailure(f"The store did not give {path}: {error}") from error

    def names(self, database: str) -> list[str]:
        """Of backups that are whole, oldest first."""
        try:
            listed = [item["path"] for page in obstore.list(self.bucket, f"{database}/") for item in page]
        except (BaseError, OSError) as error:
            raise BackupFailure(f"The store did not list the backups of {database}: {error}") from error
        folders = [path.split("/")[1] for path in listed if path.endswith(f"/{MANIFEST}")]
        return sorted(name for name in folders if NAMES.fullmatch(name))

    def manifest(self, database: str, name: str = "") -> Manifest:
        """Of one backup, by default of the newest that is whole."""
        if not name:
            whole = self.names(database)
            if not whole:
                raise BackupFailure(f"There is no backup of {database}.")
            name = whole[-1]
        if not NAMES.fullmatch(name):
            raise BackupFailure(f"{name!r} names no backup; they are called like 20260131T020000Z.")
        path = f"{database}/{name}/{MANIFEST}"
        try:
            content = bytes(obstore.get(self.bucket, path).bytes())
            found = Manifest.model_validate_json(content)
        except (BaseError, OSError) as error:
            raise BackupFailure(f"The store did not give {path}: {error}") from error
        except ValidationError as error:
            raise BackupFailure(f"{path} is no manifest: {error}") from error
        if (found.database, found.name) != (database, name):
            raise BackupFailure(f"{path} is the manifest of {found.database}/{found.name}.")
        return found
