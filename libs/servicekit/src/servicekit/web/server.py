"""`serve task` runs the task service under uvicorn."""

import argparse
import gc
import os
import socket
import sys
from functools import partial
from importlib import import_module
from typing import Any

import uvicorn
from fastapi import FastAPI

from contracts.names import App
from overload.listener import Listener
from servicekit.settings import ServiceSettings
from servicekit.web.connection_draining import drain_on_signal

PROTOCOLS = {App.FRONTEND: "frontend_service.gateway.connections:BoundedProtocol"}
"""Of services that others than their own sidecar talk to."""
KEEP_ALIVE_SECONDS = 120
"""How long an idle connection stays open: longer than those who keep some do (sidecars 90 s, load
balancers 60 s), so that none is closed while a request is on its way. After uvicorn's own 5 s, clients that
pause so long lost writes, and nobody may send those again."""


NOT_STARTED = 3
"""Exit status, as uvicorn's own."""
YOUNG_OBJECTS = 10_000
"""So many more than there were begin a collection; Python's 700 are reached within a few requests."""


def load_app(app: App) -> FastAPI:
    """The service's app. What was loaded with it is no longer looked at for garbage: that took a quarter of
    a second each time, and everybody waited."""
    created: FastAPI = import_module(f"{app}_service.main").create()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
    return created


class Server(uvicorn.Server):
    """uvicorn's, with a `Listener` in place of uvloop's."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        bound = self.config.bind_socket()
        await super().startup(sockets or [])
        if self.should_exit:
            bound.close()
            return
        protocol: Any = self.config.http_protocol_class
        make = partial(
            protocol, config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        self.servers.append(Listener(bound, self.config.backlog, make))  # type: ignore[arg-type]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("app", type=App, choices=list(App))
    app: App = parser.parse_args().app
    settings = ServiceSettings(app=app)
    options: dict[str, Any] = {
        "factory": True,
        "host": settings.host,
        "port": settings.port,
        "loop": "uvloop",
        "http": PROTOCOLS.get(app, "httptools"),
        "ws": "none",
        "access_log": False,
        "log_config": None,
        "server_header": False,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": 10,
    }
    drain_on_signal()
    if os.environ.get("TODO_RELOAD") == "1":
        uvicorn.run(f"{app}_service.main:create", reload=True, reload_dirs=["services", "libs"], **options)
        return
    server = Server(uvicorn.Config(partial(load_app, app), **options))
    server.run()
    if not server.started:
        sys.exit(NOT_STARTED)
