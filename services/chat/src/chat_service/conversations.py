"""Conversations in the state store: one value each, and one list of them per user.

Both are written with the ETag they were read with, so two messages at once don't lose one another.
"""

import contextlib
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from chat_service.errors import ConversationBusy, ConversationsUnavailable
from chat_service.schemas import Conversation, ConversationHead
from servicekit.errors import NotFound, Unavailable
from servicekit.sidecar import Sidecar, StateConflict, StateEntry

T = TypeVar("T")
KEPT_SECONDS = 90 * 24 * 3600
KEPT_MESSAGES = 200
LISTED = 200
TRIES = 5
READ_SECONDS = (2.0, 3.0, 5.0)
"""For each try to read. A connection of the sidecar to the store can hang where another would not."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A conversation and the ETag it was read with; a new one has none."""

    conversation: Conversation
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Conversations:
    """The conversations of one user."""

    sidecar: Sidecar
    user_id: str

    async def read(self, id: str) -> Stored:
        """Raises `NotFound` or `ConversationsUnavailable`."""
        entry = await self._get(self._key(id))
        if entry.value is None:
            raise NotFound
        return Stored(Conversation.model_validate(entry.value), entry.etag)

    async def write(self, stored: Stored) -> None:
        """Store the conversation and its line in the list; the oldest one goes when the list is full.

        Raises `ConversationBusy` if it was changed since it was read.
        """
        conversation = stored.conversation
        conversation.messages = conversation.messages[-KEPT_MESSAGES:]
        try:
            await self._put(self._key(conversation.id), conversation.model_dump(mode="json"), stored.etag)
        except StateConflict as error:
            raise ConversationBusy from error
        head = ConversationHead.model_validate(conversation.model_dump())
        for old in await self._put_first(head):
            await _reaching(self.sidecar.delete_state(self._key(old.id)))

    async def heads(self) -> list[ConversationHead]:
        """Newest first."""
        return _heads(await self._get(self._list_key))

    async def erase(self) -> None:
        """Delete all of them."""
        for head in await self.heads():
            await _reaching(self.sidecar.delete_state(self._key(head.id)))
        await _reaching(self.sidecar.delete_state(self._list_key))

    async def _put_first(self, head: ConversationHead) -> list[ConversationHead]:
        """Put a line at the head of the list; returns those that have no room in it any more."""
        for _ in range(TRIES):
            entry = await self._get(self._list_key)
            heads = [head, *(other for other in _heads(entry) if other.id != head.id)]
            listed = [each.model_dump(mode="json") for each in heads[:LISTED]]
            try:
                await self._put(self._list_key, listed, entry.etag)
            except StateConflict:
                continue
            return heads[LISTED:]
        raise ConversationBusy

    async def _get(self, key: str) -> StateEntry:
        for seconds in READ_SECONDS[:-1]:
            with contextlib.suppress(Unavailable):
                return await self.sidecar.get_state(key, timeout=seconds)
        return await _reaching(self.sidecar.get_state(key, timeout=READ_SECONDS[-1]))

    async def _put(self, key: str, value: Any, etag: str) -> None:
        await _reaching(self.sidecar.save_state(key, value, etag=etag, ttl_seconds=KEPT_SECONDS))

    @property
    def _list_key(self) -> str:
        return f"conversations:{self.user_id}"

    def _key(self, id: str) -> str:
        return f"conversation:{self.user_id}:{id}"


def behind(heads: Sequence[ConversationHead], id: str | None) -> Sequence[ConversationHead]:
    """What follows the conversation `id` in the list; nothing if it is gone from it."""
    if id is None:
        return heads
    ids = [head.id for head in heads]
    return heads[ids.index(id) + 1 :] if id in ids else []


def _heads(entry: StateEntry) -> list[ConversationHead]:
    return [ConversationHead.model_validate(head) for head in entry.value or []]


async def _reaching(call: Awaitable[T]) -> T:
    try:
        return await call
    except Unavailable as error:
        raise ConversationsUnavailable from error
