"""`serve task` runs the task service under uvicorn."""

import argparse
import os

import uvicorn

from contracts.names import App
from servicekit.leaving import leave_on_signal
from servicekit.settings import ServiceSettings

PROTOCOLS = {App.FRONTEND: "frontend_service.connections:BoundedProtocol"}
"""Of services that others than their own sidecar talk to."""
KEEP_ALIVE_SECONDS = 120
"""How long an idle connection stays open: longer than those who keep some do (sidecars 90 s, load
balancers 60 s), so that none is closed while a request is on its way. After uvicorn's own 5 s, clients that
pause so long lost writes, and nobody may send those again."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("app", type=App, choices=list(App))
    app: App = parser.parse_args().app
    settings = ServiceSettings(app=app)
    leave_on_signal()
    uvicorn.run(
        f"{app}_service.main:create",
        factory=True,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=PROTOCOLS.get(app, "httptools"),
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=10,
        reload=os.environ.get("TODO_RELOAD") == "1",
        reload_dirs=["services", "libs"],
    )
