"""Connections end in bounded time; what is no HTTP is refused in our words, and a crowd without the app.

uvicorn has a time-out for idle connections only. Without others one client that sends a byte a second
(slowloris) or reads none of its response holds connections, and memory, for as long as it likes.
"""

import asyncio
from enum import Enum, auto
from functools import partial
from typing import Any, ClassVar

from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from frontend_service.container import container_of
from frontend_service.gateway.early_refusal import encode_response
from overload.slots import Reservation
from servicekit.errors import BadRequest, HeadersTooLarge, RequestTimeout, ServiceError
from servicekit.problems import build_problem_response
from servicekit.web.admission import RESERVATION

SAFE = {"connection": "close", "cache-control": "no-store", "x-content-type-options": "nosniff"}
OVERLOADED = 503


class Part(Enum):
    """What of a request is still to come."""

    HEAD = auto()
    BODY = auto()
    NOTHING = auto()


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it, with an end to every wait for the client."""

    head_seconds: ClassVar[float] = 10
    """From the connection, or the first byte of a further request, to the end of the headers."""
    body_seconds: ClassVar[float] = 60
    """For the whole body: 1 MiB in that time is 140 kbit/s."""
    write_seconds: ClassVar[float] = 60
    """For the client to take in `least_taken` bytes of a response, or what is left of it."""
    least_taken: ClassVar[int] = 32 * 1024
    max_head_bytes: ClassVar[int] = 128 * 1024

    _part = Part.HEAD
    _timed: Part | None = None
    _timer: asyncio.TimerHandle | None = None
    _write_timer: asyncio.TimerHandle | None = None
    _untaken = 0
    _head_bytes = 0

    _reservation: Reservation | None = None
    """For the request the app works on; of no effect once it was used."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._give_back()
        self._stop_timer()
        self._stop_write_timer()
        super().connection_lost(exc)

    def eof_received(self) -> None:
        self._end()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._part is Part.NOTHING and self._is_idle() and not self.timeout_keep_alive_task:
            self._part = Part.HEAD  # blank lines before a request, which may be all that ever comes
        self._watch()
        if self._part is Part.HEAD:
            self._head_bytes += len(data)
            if self._head_bytes > self.max_head_bytes:
                self._refuse(HeadersTooLarge())

    def on_message_begin(self) -> None:
        self._part, self._head_bytes = Part.HEAD, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._part = Part.BODY

    def on_message_complete(self) -> None:
        self._part = Part.NOTHING
        super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Start the app for a request, unless there is no room for it."""
        served: FastAPI | None = self.app_state.get("app")
        is_usual = cycle.keep_alive and cycle.scope["http_version"] == "1.1" and not self.flow.write_paused
        if served and is_usual:
            early_refusal = container_of(served).early_refusal
            scope: Any = cycle.scope
            early_refusal.decide(scope, partial(self._start, cycle, app), partial(self._refuse_early, cycle))
        else:
            self._start(cycle, app, None)

    def _start(self, cycle: RequestResponseCycle, app: Any, reservation: Reservation | None) -> None:
        if reservation:
            self._reservation = cycle.scope["state"][RESERVATION] = reservation
        super()._start_asgi_task(cycle, app)

    def _refuse_early(self, cycle: RequestResponseCycle, response: bytes) -> None:
        """answer: from its own headers on. Of a body that is still to come nothing is kept."""
        if self.transport.is_closing():
            return
        always = b"".join(b"%b: %b\r\n" % header for header in self.server_state.default_headers)
        self.transport.write(STATUS_LINE[OVERLOADED] + always + response)
        cycle.response_started = cycle.response_complete = True
        self.on_response_complete()
        if not cycle.keep_alive:  # the server was told to end while lots were drawn
            self._end()

    def on_response_complete(self) -> None:
        self._give_back()
        super().on_response_complete()
        if self.transport.is_closing():
            self._end()

    def timeout_keep_alive_handler(self) -> None:
        self._end()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_writing()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.transport.is_closing():
            self._stop_write_timer()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's words
        self._refuse(BadRequest("This is not HTTP/1.1 as RFC 9112 has it.", code="http-invalid"))

    def _give_back(self) -> None:
        if self._reservation:
            self._reservation.give_back()
            self._reservation = None

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _watch(self) -> None:
        """Have a timer for what is to come, and the same one until that has come."""
        if self._part is self._timed or self.transport.is_closing():
            return
        self._stop_timer()
        if self._part is not Part.NOTHING:
            seconds = self.head_seconds if self._part is Part.HEAD else self.body_seconds
            self._timed = self._part
            self._timer = self.loop.call_later(seconds, self._time_out)

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timed = self._timer = None

    def _time_out(self) -> None:
        late, self._timed = self._timed, None
        if self.flow.read_paused:
            self._watch()  # it is we who don't read
            return
        assert late
        self._refuse(RequestTimeout(f"The {late.name.lower()} of the request took too long."))

    def _refuse(self, error: ServiceError) -> None:
        """Answer, if it is this request's turn and nothing was answered yet, and close."""
        if self.transport.is_closing():
            return
        if self._may_respond():
            response = build_problem_response(error)
            response.headers.update(SAFE)
            self.transport.write(STATUS_LINE[response.status_code] + encode_response(response))
        if not self._is_idle():
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._end()

    def _may_respond(self) -> bool:
        if self._part is Part.HEAD:
            return self._is_idle()
        if self.pipeline:
            return False
        is_over = self._part is Part.NOTHING and self._is_idle()
        return is_over or not self.cycle.response_started

    def _end(self) -> None:
        """Close when all is sent, or the client takes no more of it."""
        self.transport.close()
        self._watch_writing()

    def _watch_writing(self) -> None:
        if not self._write_timer:
            self._untaken = self.transport.get_write_buffer_size()
            self._write_timer = self.loop.call_later(self.write_seconds, self._require_taking)

    def _require_taking(self) -> None:
        taken = self._untaken - self.transport.get_write_buffer_size()
        self._write_timer = None
        if taken < self.least_taken:
            self.transport.abort()
        else:
            self._watch_writing()

    def _stop_write_timer(self) -> None:
        if self._write_timer:
            self._write_timer.cancel()
            self._write_timer = None
