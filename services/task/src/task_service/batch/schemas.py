"""What a batch takes and shows."""

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema, model_validator

from servicekit.web.schemas import RequestBody, ResponseModel, Text
from task_service.labels.schemas import LabelRead
from task_service.projects.schemas import ProjectRead
from task_service.saved_filters.schemas import FilterRead
from task_service.tasks.schemas import TaskRead

MAX_COMMANDS = 100

CommandType = Literal[
    "task.create",
    "task.update",
    "task.complete",
    "task.reopen",
    "task.delete",
    "task.restore",
    "task.move",
    "project.create",
    "project.update",
    "project.delete",
    "project.restore",
    "label.create",
    "label.update",
    "label.delete",
    "filter.create",
    "filter.update",
    "filter.delete",
]
Problem = Annotated[dict[str, Any], WithJsonSchema({"$ref": "#/components/schemas/Problem"})]
"""An RFC 9457 problem document, as every route answers it."""
Name = Annotated[Text, Field(min_length=1, max_length=100)]


class Command(RequestBody):
    """One change, as the route of the same name makes it."""

    uuid: Annotated[
        Text, Field(min_length=8, max_length=100, description="made by the client; done once in 24 hours")
    ]
    type: CommandType
    """What to do; like the route of that name."""
    id: Name | None = Field(default=None, description="of what is changed; may be a `temp_id` from before")
    temp_id: Name | None = Field(default=None, description="what later commands call what this one creates")
    version: int | None = Field(default=None, description="do it only to this version, as If-Match")
    body: dict[str, Any] = Field(
        default_factory=dict, description="what the route takes; ids may be temporary"
    )

    @model_validator(mode="after")
    def names_what_it_changes(self) -> "Command":
        creates = self.type.endswith(".create")
        if creates and (self.id or self.version is not None):
            raise ValueError("a create command takes no id or version; name the result with temp_id")
        if not creates and (self.id is None or self.temp_id):
            raise ValueError("this command needs an id and takes no temp_id")
        return self


class BatchRequest(RequestBody):
    """Commands, done in this order."""

    commands: Annotated[list[Command], Field(min_length=1, max_length=MAX_COMMANDS)]
    """Up to 100 commands, done in this order."""
    atomic: Annotated[bool, Field(strict=True, description="all or none")] = False

    @model_validator(mode="after")
    def each_is_itself(self) -> "BatchRequest":
        uuids = [command.uuid for command in self.commands]
        names = [command.temp_id for command in self.commands if command.temp_id]
        if len(set(uuids)) < len(uuids) or len(set(names)) < len(names):
            raise ValueError("each uuid and each temp_id may be used only once in a batch")
        return self


class CommandResult(ResponseModel):
    """What became of one command: `status` is that of the route; 4xx and 5xx come with a `problem`."""

    uuid: str
    """Of the command."""
    status: int
    """HTTP status, as the route of that name would answer it."""
    id: str | None = None
    """UUID of what was created or changed; null where there is none."""
    result: TaskRead | ProjectRead | FilterRead | LabelRead | None = None
    """How it is now; null for a deletion and where it failed."""
    problem: Problem | None = None
    """Why it was not done; null where it was."""
    replayed: bool = Field(default=False, description="it was done before, and not again")


class BatchResult(ResponseModel):
    """Results in the order of the commands."""

    results: list[CommandResult]
    """One for each command."""
    temp_ids: dict[str, str] = Field(description="temporary id → id")
