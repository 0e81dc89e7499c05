"""Whom webhooks call: what came, under which id, and when by a clock nothing is wrong with."""

import json
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message

from tests.listening import Listener

Call = tuple[str, str]
"""The task and what happened to it."""


@dataclass(slots=True)
class Receiver:
    """ids: of the deliveries of each call; a repeat has the same. began: when the first one came."""

    ids: dict[Call, set[str]] = field(default_factory=lambda: defaultdict(set))
    began: dict[Call, datetime] = field(default_factory=dict)
    repeats: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def listen(self) -> Listener:
        return Listener(self._take_call)

    def _take_call(self, _: str, headers: Message, body: bytes) -> tuple[int, str, bytes]:
        content, id = json.loads(body), str(headers["Todo-Delivery"])
        call = (content["data"]["task_id"], content["type"])
        with self._lock:
            self.repeats += id in self.ids[call]
            self.ids[call].add(id)
            self.began.setdefault(call, datetime.now(UTC))
        return 204, "text/plain", b""
