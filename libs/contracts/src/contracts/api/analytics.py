"""Analytics, as the API has them; written by `make generate`."""

from typing import Literal, NotRequired, TypedDict


class DeadLetterGroup(TypedDict):
    topic: str
    consumer: str
    cause: str
    number: int
    first_at: str
    last_at: str


class DeadLetterGroups(TypedDict):
    items: list[DeadLetterGroup]


class DeadLetterRead(TypedDict):
    id: str
    event_id: str
    consumer: str
    topic: str
    cause: str
    event: str
    parked_at: str
    state: Literal["parked", "replayed", "discarded"]
    failures: int
    failed_at: str
    replays: int
    replayed_at: str | None
    outcome: str


class Discard(TypedDict):
    reason: str


class DiscardMany(TypedDict):
    topic: NotRequired[str | None]
    consumer: NotRequired[str | None]
    cause: NotRequired[str | None]
    reason: str


class DiscardedMany(TypedDict):
    discarded: int


class ReplayMany(TypedDict):
    topic: NotRequired[str | None]
    consumer: NotRequired[str | None]
    cause: NotRequired[str | None]
    limit: NotRequired[int]


class ReplayedMany(TypedDict):
    replayed: int
    failed: int


class Summary(TypedDict):
    tasks_created: NotRequired[int]
    tasks_updated: NotRequired[int]
    tasks_completed: NotRequired[int]
    tasks_reopened: NotRequired[int]
    tasks_deleted: NotRequired[int]
    tasks_restored: NotRequired[int]
    chat_messages: NotRequired[int]
