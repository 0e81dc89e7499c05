"""Notices within seconds that the other end of a connection to PostgreSQL is gone without a word.

A node that loses power, or a network that is cut, ends no connection. By the defaults of Linux (tcp(7)) a
client then waits for a quarter of an hour for what it has sent to arrive, and for ever for a response; and a
server keeps the session of a client that is gone, and its locks, for two hours. The lock of a leader
(`leader_election`) is one of them.
"""

import os
import socket
from typing import Any

KEEPALIVE_SECONDS = 5
"""How long nothing is heard until a peer is asked whether it is there, and between two such questions."""
KEEPALIVE_COUNT = 2
SILENCE_SECONDS = 10
"""How long what was sent may stay without acknowledgement."""

SERVER_SETTINGS = {
    "tcp_keepalives_idle": str(KEEPALIVE_SECONDS),
    "tcp_keepalives_interval": str(KEEPALIVE_SECONDS),
    "tcp_keepalives_count": str(KEEPALIVE_COUNT),
    "tcp_user_timeout": str(SILENCE_SECONDS * 1000),
}
"""When the server ends the session of a client that is gone: parameters of the session itself."""


def detect_dead_server(connection: Any) -> None:
    """Let the kernel end `connection`, one of asyncpg, when its server is gone."""
    transport = connection._transport  # asyncpg has no public way to the socket, and no option for it
    with socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno())) as same:
        if same.family == socket.AF_UNIX:
            return
        same.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        same.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_SECONDS)
        same.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_COUNT)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; macOS has other names, and is for development
            same.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_SECONDS)
            same.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENCE_SECONDS * 1000)
