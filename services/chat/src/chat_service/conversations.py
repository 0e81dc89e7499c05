"""Conversations in the state store: one value each, and one list of them per user.

Both are written with the ETag they were read with, so two messages at once don't lose one another. What one
user keeps is bounded, in number and in bytes: the oldest messages and conversations make room for new ones.
"""

import contextlib
import re
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson

from chat_service.errors import ConversationBusy, ConversationsUnavailable
from chat_service.schemas import Conversation, ConversationHead
from servicekit.dapr.sidecar import Sidecar, StateConflict, StateEntry
from servicekit.errors import NotFound, Unavailable
from servicekit.web.quotas import Usage

T = TypeVar("T")
KEPT_SECONDS = 90 * 24 * 3600
KEPT_MESSAGES = 200
KEPT_BYTES = 64 * 1024
"""Of one conversation."""
MAX_ATTEMPTS = 5
READ_SECONDS = (2.0, 3.0, 5.0)
"""For each try to read. A connection of the sidecar to the store can hang where another would not."""

_ID = re.compile(r"[A-Za-z0-9-]{1,100}")
"""Nothing that means something in a key of the state store; daprd refuses `||`."""


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A conversation and the ETag it was read with; a new one has none."""

    conversation: Conversation
    etag: str = ""


class StoredHead(ConversationHead):
    """A line of the list of conversations, with what its conversation takes in the store."""

    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """What is kept for one user."""

    conversations: int = 200
    bytes: int = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ConversationStore:
    """The conversations of one user."""

    sidecar: Sidecar
    user_id: str
    limits: Limits = Limits()

    async def read_conversation(self, id: str) -> StoredConversation:
        """Raises `NotFound` or `ConversationsUnavailable`."""
        if not _ID.fullmatch(id):
            raise NotFound
        entry = await self._get_state(self._key(id))
        if entry.value is None:
            raise NotFound
        return StoredConversation(Conversation.model_validate(entry.value), entry.etag)

    async def write_conversation(self, stored: StoredConversation) -> None:
        """Store the conversation and its line in the list; the oldest ones go where there is no room.

        Raises `ConversationBusy` if it was changed since it was read.
        """
        conversation = stored.conversation
        size = _trim_messages(conversation)
        try:
            await self._save_state(
                self._key(conversation.id), conversation.model_dump(mode="json"), stored.etag
            )
        except StateConflict as error:
            raise ConversationBusy from error
        head = StoredHead(**conversation.model_dump(include=set(ConversationHead.model_fields)), bytes=size)
        for old in await self._prepend_head(head):
            await _translate_errors(self.sidecar.delete_state(self._key(old.id)))

    async def list_heads(self) -> list[StoredHead]:
        """Newest first."""
        return _parse_heads(await self._get_state(self._list_key))

    async def measure_usage(self) -> list[Usage]:
        """How many conversations there are, and the bytes they take."""
        heads = await self.list_heads()
        taken = sum(head.bytes for head in heads)
        return [
            Usage(name="conversations", used=len(heads), limit=self.limits.conversations),
            Usage(
                name="conversation_bytes",
                used=taken,
                limit=self.limits.bytes,
                unit="bytes",
            ),
        ]

    async def delete_all(self) -> None:
        """Delete all of them."""
        for head in await self.list_heads():
            await _translate_errors(self.sidecar.delete_state(self._key(head.id)))
        await _translate_errors(self.sidecar.delete_state(self._list_key))

    async def _prepend_head(self, head: StoredHead) -> list[StoredHead]:
        """Put a line at the head of the list; returns those that have no room in it any more."""
        for _ in range(MAX_ATTEMPTS):
            entry = await self._get_state(self._list_key)
            heads = [head, *(other for other in _parse_heads(entry) if other.id != head.id)]
            room = self._count_fitting(heads)
            listed = [each.model_dump(mode="json") for each in heads[:room]]
            try:
                await self._save_state(self._list_key, listed, entry.etag)
            except StateConflict:
                continue
            return heads[room:]
        raise ConversationBusy

    def _count_fitting(self, heads: Sequence[StoredHead]) -> int:
        """How many of them, newest first, are kept: at least one."""
        taken = 0
        for place, head in enumerate(heads[: self.limits.conversations]):
            taken += head.bytes
            if place and taken > self.limits.bytes:
                return place
        return min(len(heads), self.limits.conversations)

    async def _get_state(self, key: str) -> StateEntry:
        for seconds in READ_SECONDS[:-1]:
            with contextlib.suppress(Unavailable):
                return await self.sidecar.get_state(key, timeout=seconds)
        return await _translate_errors(self.sidecar.get_state(key, timeout=READ_SECONDS[-1]))

    async def _save_state(self, key: str, value: Any, etag: str) -> None:
        await _translate_errors(self.sidecar.save_state(key, value, etag=etag, ttl_seconds=KEPT_SECONDS))

    @property
    def _list_key(self) -> str:
        return f"conversations:{self.user_id}"

    def _key(self, id: str) -> str:
        return f"conversation:{self.user_id}:{id}"


def heads_after(heads: Sequence[StoredHead], id: str | None) -> Sequence[StoredHead]:
    """What follows the conversation `id` in the list; nothing if it is gone from it."""
    if id is None:
        return heads
    ids = [head.id for head in heads]
    return heads[ids.index(id) + 1 :] if id in ids else []


def _trim_messages(conversation: Conversation) -> int:
    """Drop the oldest messages that have no room; returns the bytes the conversation takes then."""
    messages = conversation.messages[-KEPT_MESSAGES:]
    sizes = [len(orjson.dumps(message.model_dump(mode="json"))) for message in messages]
    conversation.messages = []
    taken = len(orjson.dumps(conversation.model_dump(mode="json"))) + sum(sizes)
    dropped = 0
    while taken > KEPT_BYTES and dropped + 2 < len(messages):
        taken -= sizes[dropped]
        dropped += 1
    conversation.messages = messages[dropped:]
    return taken


def _parse_heads(entry: StateEntry) -> list[StoredHead]:
    return [StoredHead.model_validate(head) for head in entry.value or []]


async def _translate_errors(call: Awaitable[T]) -> T:
    try:
        return await call
    except Unavailable as error:
        raise ConversationsUnavailable from error
