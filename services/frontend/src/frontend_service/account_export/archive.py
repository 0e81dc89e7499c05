"""A ZIP file that is never whole anywhere: what is added comes out packed, to be sent at once.

Sizes and checksums follow each file in data descriptors (APPNOTE.TXT, 4.3.9), and the directory comes last:
a file that broke off has none and opens nowhere.
"""

import zipfile
from contextlib import suppress
from datetime import UTC, datetime
from typing import IO

PACKING_LEVEL = 6


class _Outlet:
    """What `ZipFile` writes to: keeps it until it is taken, and can't go back."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


class Archive:
    """The ZIP file; its methods give what came out of it. They take time, and no two may run at once."""

    def __init__(self) -> None:
        self._outlet = _Outlet()
        self._zip = zipfile.ZipFile(
            self._outlet, "w", compression=zipfile.ZIP_DEFLATED, compresslevel=PACKING_LEVEL
        )
        self._name = ""
        self._file: IO[bytes] | None = None

    def add(self, name: str, data: bytes) -> bytes:
        """Go on with the file `name`, or begin it: then the one before is complete."""
        if self._file is None or name != self._name:
            self._close()
            self._name, self._file = name, self._zip.open(_create_member(name), "w")
        self._file.write(data)
        return self._outlet.take()

    def end(self) -> bytes:
        """The directory; nothing can be added any more."""
        self._close()
        self._zip.close()
        return self._outlet.take()

    def abandon(self) -> None:
        """Let go of what is open; what comes out is of no use."""
        with suppress(ValueError):  # a piece is just being packed
            self.end()

    def _close(self) -> None:
        if self._file:
            self._file.close()


def _create_member(name: str) -> zipfile.ZipInfo:
    now = datetime.now(UTC)
    member = zipfile.ZipInfo(name, (now.year, now.month, now.day, now.hour, now.minute, now.second))
    member.compress_type = zipfile.ZIP_DEFLATED
    return member
