"""HTTP in: dead letters. Everything here needs the role operator."""

from typing import Annotated

from fastapi import Query, Security
from fastapi.routing import APIRoute

from analytics_service.container import ContainerDep
from analytics_service.dead_letters import repository
from analytics_service.dead_letters.schemas import (
    DeadLetterGroup,
    DeadLetterGroups,
    DeadLetterRead,
    Discard,
    DiscardedMany,
    DiscardMany,
    ReplayedMany,
    ReplayMany,
    State,
)
from analytics_service.dead_letters.service import DeadLetterService
from servicekit.errors import Conflict, NotFound
from servicekit.security.auth import CurrentOperator, access_token
from servicekit.web.ids import PathId
from servicekit.web.pagination import (
    CursorParam,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
    paginate,
    parse_time_and_id,
)
from servicekit.web.routes import SessionDep, create_router

MOST_GROUPS = 200

operators = create_router(prefix="/ops", tags=["operators"])
replays = create_router(prefix="/ops", tags=["operators"], route_class=APIRoute)


@operators.get("/dead-letters", dependencies=[Security(access_token)])
async def list_dead_letters(
    _: CurrentOperator,
    session: SessionDep,
    state: Annotated[State | None, Query(description="only those in this state")] = None,
    topic: Annotated[str | None, Query(max_length=200, description="only those of this topic")] = None,
    consumer: Annotated[str | None, Query(max_length=200, description="only those this one gave up")] = None,
    limit: Limit = 50,
    cursor: CursorParam = None,
) -> Page[DeadLetterRead]:
    """List dead letters.

    Newest first.
    """
    filters = {"state": state, "topic": topic, "consumer": consumer}
    scope = f"dead-letters {filters}"
    before = parse_time_and_id(decode_cursor(cursor, scope=scope, values=2)) if cursor else None
    named = {name: value for name, value in filters.items() if value is not None}
    rows, last = paginate(await repository.list_dead_letters(session, named, before, limit + 1), limit)
    return Page(
        items=[DeadLetterRead.model_validate(row) for row in rows],
        next_cursor=encode_cursor([last.parked_at, last.id], scope=scope) if last else None,
    )


@operators.get("/dead-letters/{id}", dependencies=[Security(access_token)])
async def read_dead_letter(_: CurrentOperator, id: PathId, session: SessionDep) -> DeadLetterRead:
    """Read a dead letter.

    Has the event as it came.
    """
    dead_letter = await repository.find_by_id(session, id)
    if dead_letter is None:
        raise NotFound
    return DeadLetterRead.model_validate(dead_letter)


@operators.get("/dead-letter-groups", dependencies=[Security(access_token)])
async def list_groups(_: CurrentOperator, session: SessionDep) -> DeadLetterGroups:
    """List groups of dead letters.

    What is parked, by topic, consumer and cause; at most the 200 largest groups.
    """
    found = await repository.group_dead_letters(session, MOST_GROUPS)
    return DeadLetterGroups(items=[DeadLetterGroup.model_validate(row) for row in found])


@operators.post("/dead-letters/{id}/discard", dependencies=[Security(access_token)])
async def discard_dead_letter(
    _: CurrentOperator, id: PathId, body: Discard, session: SessionDep
) -> DeadLetterRead:
    """Discard a dead letter.

    It waits for nobody any more, but is kept and can still be replayed.
    """
    dead_letter = await repository.lock_dead_letter(session, id)
    if dead_letter is None:
        raise NotFound
    if dead_letter.state == "replayed":
        raise Conflict("This message has been replayed and can't be discarded.", code="replayed")
    dead_letter.state, dead_letter.outcome = "discarded", body.reason
    return DeadLetterRead.model_validate(dead_letter)


@operators.post("/discards", dependencies=[Security(access_token)])
async def discard_group(_: CurrentOperator, body: DiscardMany, session: SessionDep) -> DiscardedMany:
    """Discard several dead letters.

    Discards parked dead letters for one reason.
    """
    number = await repository.discard_dead_letters(session, body.column_values(), body.reason)
    return DiscardedMany(discarded=number)


@replays.post("/dead-letters/{id}/replay", dependencies=[Security(access_token)])
async def replay_dead_letter(user: CurrentOperator, id: PathId, container: ContainerDep) -> DeadLetterRead:
    """Replay a dead letter.

    Hands it once more to who gave it up; can be repeated. `outcome` says what came of it.
    """
    return DeadLetterRead.model_validate(await container.dead_letters_for(user.token).replay_dead_letter(id))


@replays.post("/replays", dependencies=[Security(access_token)])
async def replay_group(user: CurrentOperator, body: ReplayMany, container: ContainerDep) -> ReplayedMany:
    """Replay several dead letters.

    Replays parked dead letters one after the other.
    """
    dead_letters = container.dead_letters_for(user.token)
    async with dead_letters.database.reading() as session:
        found = await repository.list_dead_letters(session, body.column_values(), None, body.limit)
    states = [await _replay_and_get_state(dead_letters, dead_letter.id) for dead_letter in reversed(found)]
    return ReplayedMany(replayed=states.count("replayed"), failed=states.count("parked"))


async def _replay_and_get_state(dead_letters: DeadLetterService, id: str) -> str:
    """What a replay comes to; erased, if one before it ended the account it was about.

    What can't be replayed stays parked: it must not keep those after it from their turn.
    """
    try:
        return (await dead_letters.replay_dead_letter(id)).state
    except Conflict:
        return "parked"
    except NotFound:
        return "erased"
