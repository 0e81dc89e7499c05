"""Replay of dead letters: an event is handed to the service that gave it up, in an operator's name.

Each service handles a replayed event as one from Kafka, inbox row included. So a replay can be repeated,
and one of an event that had its effect meanwhile changes nothing.
"""

import logging
from typing import Any, Literal

from fastapi import APIRouter, Request, Security
from pydantic import BaseModel

from contracts.names import Topic
from servicekit.errors import Conflict, Invalid
from servicekit.messaging.consumer import EventConsumer, parse_messages
from servicekit.persistence.database import is_unavailable
from servicekit.security.auth import CurrentOperator, access_token
from servicekit.web.schemas import RequestBody

PATH = "/replays"

router = APIRouter(include_in_schema=False)
log = logging.getLogger(__name__)


class ReplayRequest(RequestBody):
    """A failed event, whole and unchanged."""

    topic: Topic
    event: dict[str, Any]


class ReplayResult(BaseModel):
    """Whether the event had its effect now, or nothing was left to do."""

    outcome: Literal["done", "nothing to do"]


@router.post(PATH, dependencies=[Security(access_token)])
async def replay_event(_: CurrentOperator, request: Request, body: ReplayRequest) -> ReplayResult:
    """Raises `Invalid` for what is no event of ours, `Conflict` with the cause if it fails again."""
    return await replay_messages(request.app.state.consumer, body.topic, body.event)


async def replay_messages(consumer: EventConsumer, topic: Topic, event: dict[str, Any]) -> ReplayResult:
    """Replay an event, or a batch of them, in this service. Raises `Invalid` or `Conflict`."""
    messages = parse_messages(topic, event)
    for message in messages:
        if message.cause:
            raise Invalid(message.cause, code="event-unreadable")
    try:
        had_effect = [await consumer.replay(message) for message in messages]
        return ReplayResult(outcome="done" if any(had_effect) else "nothing to do")
    except Exception as error:
        if is_unavailable(error):
            raise
        log.warning("a replayed event failed again", exc_info=error)
        raise Conflict(f"{type(error).__name__}: {error}", code="failed-again") from error
