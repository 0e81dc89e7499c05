"""Replay of dead letters: the desk hands an event to the service that gave it up, in an operator's name.

Each service handles a replayed event as one from Kafka, inbox row included. So a replay can be repeated,
and one of an event that had its effect meanwhile changes nothing.
"""

import logging
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from contracts.names import Topic
from servicekit.auth import CurrentOperator
from servicekit.database import is_away
from servicekit.deliveries import Effects, read_all
from servicekit.errors import Conflict, Invalid
from servicekit.schema import RequestBody

PATH = "/replays"

router = APIRouter(include_in_schema=False)
log = logging.getLogger(__name__)


class Replay(RequestBody):
    """A failed event, whole and unchanged."""

    topic: Topic
    event: dict[str, Any]


class Replayed(BaseModel):
    """Whether the event had its effect now, or nothing was left to do."""

    outcome: Literal["done", "nothing to do"]


@router.post(PATH)
async def replay(_: CurrentOperator, request: Request, body: Replay) -> Replayed:
    """Raises `Invalid` for what is no event of ours, `Conflict` with the cause if it fails again."""
    return await replay_here(request.app.state.effects, body.topic, body.event)


async def replay_here(effects: Effects, topic: Topic, event: dict[str, Any]) -> Replayed:
    """Replay an event, or a batch of them, in this service. Raises `Invalid` or `Conflict`."""
    deliveries = read_all(topic, event)
    for delivery in deliveries:
        if delivery.cause:
            raise Invalid(delivery.cause, code="event-unreadable")
    try:
        had_effect = [await effects.replay(delivery) for delivery in deliveries]
        return Replayed(outcome="done" if any(had_effect) else "nothing to do")
    except Exception as error:
        if is_away(error):
            raise
        log.warning("a replayed event failed again", exc_info=error)
        raise Conflict(f"{type(error).__name__}: {error}", code="failed-again") from error
