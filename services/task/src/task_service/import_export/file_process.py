"""A sandbox for parsing one file: a process of its own with limits of CPU time and memory (ADR 27).

Reading is work for the processor that a file can make long; on the event loop, or in a thread beside it,
everybody would wait. What goes over the pipe is small or comes in pieces, for the same reason.

    us                                          the process
    open(request)  ──────────────────────────▶  reads the file
                   ◀── `FileSummary`, ids          …
    plan(known)    ──────────────────────────▶  what is new of it, and its values
                   ◀── `ImportSummary`                …
    send_structure(names)  ──────────────────▶
    chunk()        ◀── rows, again and again    until None
"""

import asyncio
import multiprocessing
import pickle
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

from task_service.import_export import file_reader
from task_service.import_export.file_reader import FileRequest, FileSummary, ReadFailure
from task_service.import_export.limits import CPU_SECONDS, WAIT_SECONDS
from task_service.import_export.parsed_file import UnreadableFile
from task_service.import_export.preparation import ImportSummary, ResolvedStructure
from task_service.import_export.rows import Chunk

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["servicekit.web.server", file_reader.__name__])
"""What each process would load else: the program this one runs, and its own work."""
_threads = ThreadPoolExecutor(8, "import")
"""They wait for the pipes; those of the event loop's own pool are for others."""


class FileProcessError(Exception):
    """The process ended, or was ended, before it had answered; says why, for a person."""


class FileProcess:
    """Used by `async with`; the process is ended with the block."""

    def __init__(self, request: FileRequest) -> None:
        self._request = request
        self._connection: Connection
        self._process: Any
        self._found: FileSummary | None = None
        self._is_alive = False

    async def __aenter__(self) -> Self:
        if not self._is_alive:
            await self._run_in_thread(self._start_process)
            self._is_alive = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.end()

    async def end(self) -> None:
        """What the end of the block does, for whoever was handed the process; once more does nothing."""
        if self._is_alive:
            self._is_alive = False
            await asyncio.shield(self._run_in_thread(self._stop_process))

    async def read(self) -> FileSummary:
        """What is in the file; asked again, the same. Raises `UnreadableFile`, `FileProcessError`."""
        if self._found is None:
            self._found = await self._run_in_thread(self._receive_message)
        return self._found

    async def plan(self, known: set[str]) -> ImportSummary:
        """known: which of the ids in the file are the user's. Raises `FileProcessError`."""
        outlook: ImportSummary = await self._run_in_thread(self._exchange, known)
        return outlook

    async def send_structure(self, structure: ResolvedStructure, chunk_size: int) -> None:
        await self._run_in_thread(self._send_message, (structure, chunk_size))

    async def chunk(self) -> Chunk | None:
        """The next rows; None after the last. Raises `FileProcessError`."""
        found: Chunk | None = await self._run_in_thread(self._exchange, True)
        return found

    async def _run_in_thread(self, work: Any, *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(_threads, work, *given)

    def _start_process(self) -> None:
        self._connection, theirs = _context.Pipe()
        self._process = _context.Process(
            target=file_reader.serve_file_reader, args=(theirs, self._request), daemon=True, name="import"
        )
        self._process.start()
        theirs.close()

    def _exchange(self, question: Any) -> Any:
        self._send_message(question)
        return self._receive_message()

    def _send_message(self, question: Any) -> None:
        try:
            self._connection.send(question)
        except OSError as error:
            raise self._make_exit_error() from error

    def _receive_message(self) -> Any:
        try:
            if not self._connection.poll(WAIT_SECONDS):
                raise FileProcessError(f"reading it took more than {WAIT_SECONDS} seconds")
            reply = pickle.loads(self._connection.recv_bytes())  # noqa: S301  # from our own process
        except (EOFError, OSError) as error:
            raise self._make_exit_error() from error
        if isinstance(reply, ReadFailure):
            raise UnreadableFile(reply.why) if reply.is_of_the_file else FileProcessError(reply.why)
        return reply

    def _make_exit_error(self) -> FileProcessError:
        self._process.join(WAIT_SECONDS)
        if self._process.exitcode == file_reader.OUT_OF_TIME:
            return FileProcessError(f"reading it takes more than {CPU_SECONDS} seconds")
        if self._process.exitcode in file_reader.OUT_OF_MEMORY:
            return FileProcessError(file_reader.OUT_OF_MEMORY_MESSAGE)
        return FileProcessError(f"the process that read it ended ({self._process.exitcode})")

    def _stop_process(self) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()
        self._connection.close()
