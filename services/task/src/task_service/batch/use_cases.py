"""The rules of a batch: each command by itself, or all or none."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from pydantic import ValidationError
from starlette.responses import Response

from servicekit.errors import FieldProblem, Invalid, NotFound, ServiceError
from servicekit.problems import build_problem_response
from servicekit.web.idempotency import IdempotencyClaim, claim_key, store_response
from servicekit.web.ids import is_valid_id
from task_service.batch import commands
from task_service.batch.schemas import BatchRequest, BatchResult, Command, CommandResult
from task_service.unit_of_work.unit import UnitOfWork

REFERENCES = ("parent_id", "project_id", "before", "after")
"""Fields of a body that may hold a temporary id."""


class BatchRefused(Invalid):
    """Nothing of an atomic batch was done; tells what each command would have come to."""

    code = "batch-refused"
    title = "A command failed, so none was done"

    def __init__(self, results: Sequence[CommandResult], errors: list[FieldProblem]) -> None:
        super().__init__(errors=errors)
        self.results = results

    def extensions(self) -> dict[str, Any]:
        return super().extensions() | {"results": [each.model_dump(mode="json") for each in self.results]}


async def run_batch(unit: UnitOfWork, batch: BatchRequest) -> BatchResult:
    """Do the commands in their order. Raises `BatchRefused` at the first failure of an atomic one."""
    results: list[CommandResult] = []
    temp_ids: dict[str, str] = {}
    for place, command in enumerate(batch.commands):
        found = await _run_isolated(unit, command, temp_ids)
        results.append(
            found if unit.user.may("tasks:read") or found.status == 201 else _without_content(found)
        )
        if command.temp_id and found.id:
            temp_ids[command.temp_id] = found.id
        if batch.atomic and found.problem:
            raise BatchRefused(results, [_pointed(place, found.problem)])
    return BatchResult(results=results, temp_ids=temp_ids)


async def _run_isolated(unit: UnitOfWork, command: Command, temp_ids: Mapping[str, str]) -> CommandResult:
    """Inside a savepoint: what fails leaves no trace."""
    try:
        async with unit.session.begin_nested():
            return await _run_once(unit, command, temp_ids)
    except (ServiceError, ValidationError) as error:
        failure = error if isinstance(error, ServiceError) else _of_the_body(error)
        problem = orjson.loads(build_problem_response(failure).body)
        return CommandResult(uuid=command.uuid, status=failure.status, problem=problem)


async def _run_once(unit: UnitOfWork, command: Command, temp_ids: Mapping[str, str]) -> CommandResult:
    """Do it, unless a command of this uuid was done in the last 24 hours: then say what came of that."""
    serialized = orjson.dumps(command.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
    claim = IdempotencyClaim(
        unit.user.user_id, f"batch {command.uuid}", hashlib.sha256(serialized).hexdigest()
    )
    earlier = await claim_key(unit.session, claim)
    if earlier is not None:
        found = CommandResult.model_validate_json(bytes(earlier.body))
        return found.model_copy(update={"replayed": True})
    id = temp_ids.get(command.id or "", command.id or "")
    if command.id and not is_valid_id(id):
        raise NotFound
    body = {
        name: temp_ids.get(value, value) if name in REFERENCES and isinstance(value, str) else value
        for name, value in command.body.items()
    }
    done = await commands.run_command(unit, command, id, body)
    result = CommandResult.model_validate(
        {"uuid": command.uuid, "status": done.status, "id": done.id, "result": done.shown}
    )
    await store_response(unit.session, claim, Response(result.model_dump_json()))
    return result


def _without_content(found: CommandResult) -> CommandResult:
    """What a token that may write and not read gets to know of a change."""
    return found.model_copy(update={"result": None})


def _of_the_body(error: ValidationError) -> Invalid:
    problems = [
        FieldProblem(
            pointer="".join(f"/{part}" for part in each["loc"]),
            detail=each["msg"].removeprefix("Value error, "),
        )
        for each in error.errors()
    ]
    return Invalid("; ".join(f"{each.pointer}: {each.detail}" for each in problems[:3]), errors=problems)


def _pointed(place: int, problem: dict[str, Any]) -> FieldProblem:
    """Where in the request the first wrong value is."""
    first = str(problem["errors"][0]["pointer"]) if problem.get("errors") else ""
    inside = f"/body{first}" if first.startswith("/") else ""
    return FieldProblem(pointer=f"/commands/{place}{inside}", detail=str(problem["detail"]))
