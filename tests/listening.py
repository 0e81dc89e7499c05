"""An HTTP server of a test on a free port of its own, in a thread."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Respond = Callable[[str, Message, bytes], tuple[int, str, bytes]]
"""From path, headers and body of a POST to status, media type and body."""


@dataclass(slots=True)
class Listener:
    """Listens from `start` to `stop`."""

    respond: Respond
    server: ThreadingHTTPServer | None = None

    def start(self) -> str:
        """Returns the address."""
        respond = self.respond

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status, media_type, content = respond(self.path, self.headers, body)
                self.send_response(status)
                self.send_header("content-type", media_type)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def stop(self) -> None:
        assert self.server
        self.server.shutdown()
        self.server.server_close()
