"""Replay: a parked event is handed to who gave it up, through its sidecar.

Not published again: the others have handled it, and the order of the topic is not touched. The receiver
drops what it has handled meanwhile, so a replay is safe to repeat.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from prometheus_client import Counter

from analytics_service.dead_letters import repository
from analytics_service.dead_letters.parsing import consumers_of, replayable_event
from analytics_service.models import DeadLetter
from contracts.api.internal import ReplayResult
from contracts.names import App, Topic
from servicekit.dapr.sidecar import Sidecar
from servicekit.dapr.typed_responses import parse_object, parse_response
from servicekit.errors import Conflict, NotFound, ServiceError
from servicekit.messaging.consumer import EventConsumer
from servicekit.messaging.replays import PATH, replay_messages
from servicekit.persistence.database import Database

REPLAYS = Counter("todo_dead_letter_replays_total", "Replays of dead letters", ["outcome"])
for _outcome in ("done", "failed"):  # from the start, so that an increase is seen from the first on
    REPLAYS.labels(_outcome)


@dataclass(frozen=True, slots=True)
class DeadLetterService:
    """Replays dead letters in the name of the operator whose token it has. Holds no lock while it waits."""

    database: Database
    sidecar: Sidecar
    consumer: EventConsumer
    token: str

    async def replay_dead_letter(self, id: str) -> DeadLetter:
        """Replay one dead letter; what became of it is noted on it. Raises `NotFound`, `Conflict`."""
        async with self.database.reading() as session:
            dead_letter = await repository.find_by_id(session, id)
        if dead_letter is None:
            raise NotFound
        event = replayable_event(dead_letter)
        if event is None:
            raise Conflict("This dead letter is not an event, so no service can handle it.", code="no-event")
        outcomes, failed = [], False
        for app in consumers_of(dead_letter):
            try:
                outcomes.append(f"{app}: {await self._hand_over(app, Topic(dead_letter.topic), event)}")
            except ServiceError as error:
                failed = True
                outcomes.append(f"{app}: {error.detail}")
        REPLAYS.labels("failed" if failed else "done").inc()
        return await self._record_outcome(id, "; ".join(outcomes), failed=failed)

    async def _hand_over(self, app: App, topic: Topic, event: dict[str, Any]) -> str:
        """What the service says to it. Raises `ServiceError`."""
        if app is App.ANALYTICS:
            return (await replay_messages(self.consumer, topic, event)).outcome
        response = await self.sidecar.invoke(
            app,
            "POST",
            PATH,
            json={"topic": topic, "event": event},
            headers={"authorization": f"Bearer {self.token}"},
        )
        if response.status != 200:
            problem = parse_object(response) or {}
            raise Conflict(str(problem.get("detail", response.status)), code="failed-again")
        return parse_response(response, ReplayResult, app, f"POST {PATH}")["outcome"]

    async def _record_outcome(self, id: str, outcome: str, *, failed: bool) -> DeadLetter:
        async with self.database.transaction() as session:
            dead_letter = await repository.lock_dead_letter(session, id)
            if dead_letter is None:
                raise NotFound
            dead_letter.replays += 1
            dead_letter.replayed_at, dead_letter.outcome = datetime.now(UTC), outcome
            dead_letter.state = "parked" if failed else "replayed"
            dead_letter.failures += failed
        return dead_letter
