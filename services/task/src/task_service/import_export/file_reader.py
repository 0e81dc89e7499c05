"""What the process does that reads one file, see `file_process`."""

import gc
import os
import resource
import signal
import traceback
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from task_service.import_export import formats
from task_service.import_export.formats import Format
from task_service.import_export.limits import CPU_SECONDS, MEMORY_BYTES
from task_service.import_export.parsed_file import Owner, ParsedFile, UnreadableFile
from task_service.import_export.plan import collect_possible_ids
from task_service.import_export.preparation import Preparation
from task_service.quickadd import Calendar

OUT_OF_TIME = -signal.SIGXCPU
OUT_OF_MEMORY = (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGKILL)
"""How a process ends that is refused memory where C does not ask whether it was."""
OUT_OF_MEMORY_MESSAGE = f"reading it takes more than {MEMORY_BYTES // 1024 // 1024} MiB of memory"


@dataclass(frozen=True, slots=True)
class FileRequest:
    """A file of a user, packed or not, and how to read it."""

    user: Owner
    body: bytes
    format: Format | None
    project: str | None
    now: datetime
    """When the file came: words such as "tomorrow" count from here."""

    def read(self) -> ParsedFile:
        """Raises `UnreadableFile`."""
        calendar = Calendar.for_zone(self.now, self.user.time_zone, self.user.week_start)
        return formats.read_file(self.body, self.format, self.project, calendar)


@dataclass(frozen=True, slots=True)
class FileSummary:
    """What was read: how many tasks, and ids under which the user may have them."""

    format: str
    total: int
    possible_ids: set[str]


@dataclass(frozen=True, slots=True)
class ReadFailure:
    """Why there is no result; whether that is the file's fault."""

    why: str
    is_of_the_file: bool


NICENESS = 5
"""A file is read behind what people wait for on the same processors: they get three times its share."""


def serve_file_reader(connection: Connection, request: FileRequest) -> None:
    """Answer until the other end is closed."""
    try:
        _limit_resources()
        _serve_file(connection, request)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except UnreadableFile as error:
        _send_failure(connection, ReadFailure(str(error), is_of_the_file=True))
    except MemoryError:
        gc.collect()
        _send_failure(connection, ReadFailure(OUT_OF_MEMORY_MESSAGE, is_of_the_file=False))
    except Exception as error:
        traceback.print_exc()
        _send_failure(
            connection,
            ReadFailure(f"an error of ours stopped it ({type(error).__name__})", is_of_the_file=False),
        )


def _serve_file(connection: Connection, request: FileRequest) -> None:
    source = request.read()
    ids = collect_possible_ids(request.user.user_id, source)
    connection.send(FileSummary(source.format, len(source.tasks), ids))
    preparation = Preparation(source, request.user, connection.recv(), request.now)
    connection.send(preparation.summarize())
    settled, size = connection.recv()
    chunks = preparation.iterate_chunks(settled, size)
    chunk = next(chunks, None)
    while connection.recv():
        connection.send(chunk)
        chunk = next(chunks, None)  # while this one is being added


def _send_failure(connection: Connection, stopped: ReadFailure) -> None:
    with suppress(OSError):
        connection.send(stopped)


def _limit_resources() -> None:
    """Bound what this process may take; beyond it memory is refused, and time ends it.

    The memory that it shares with its parent is in the way already (`RLIMIT_DATA` counts it).
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICENESS)
    used = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
    for limit, value in (
        (resource.RLIMIT_DATA, used + MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value + (limit == resource.RLIMIT_CPU)))
