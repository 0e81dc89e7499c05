"""Domain event → event of the contract."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from contracts.event import Event
from contracts.filter import FilterCreated, FilterDeleted, FilterSnapshot, FilterUpdated
from contracts.label import LabelCreated, LabelDeleted, LabelSnapshot, LabelUpdated
from contracts.project import ProjectCreated, ProjectDeleted, ProjectRestored, ProjectSnapshot, ProjectUpdated
from contracts.task import (
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskReopened,
    TaskRestored,
    TaskSnapshot,
    TaskUpdated,
)
from task_service.aggregate import Aggregate, DomainEvent
from task_service.models import Label, Project, SavedFilter, Task

_SNAPSHOTS: Mapping[type[Aggregate], tuple[str, type[BaseModel]]] = {
    Task: ("task", TaskSnapshot),
    Project: ("project", ProjectSnapshot),
    Label: ("label", LabelSnapshot),
    SavedFilter: ("filter", FilterSnapshot),
}
"""The field that holds the aggregate as it stood right after the change, and its class."""
_EVENTS: Mapping[tuple[type[Aggregate], str], type[Event]] = {
    (Task, "created"): TaskCreated,
    (Task, "updated"): TaskUpdated,
    (Task, "completed"): TaskCompleted,
    (Task, "reopened"): TaskReopened,
    (Task, "deleted"): TaskDeleted,
    (Task, "restored"): TaskRestored,
    (Project, "created"): ProjectCreated,
    (Project, "updated"): ProjectUpdated,
    (Project, "deleted"): ProjectDeleted,
    (Project, "restored"): ProjectRestored,
    (Label, "created"): LabelCreated,
    (Label, "updated"): LabelUpdated,
    (Label, "deleted"): LabelDeleted,
    (SavedFilter, "created"): FilterCreated,
    (SavedFilter, "updated"): FilterUpdated,
    (SavedFilter, "deleted"): FilterDeleted,
}


def contract_event(event: DomainEvent) -> Event:
    """What other services are told of `event`, with the whole aggregate in it."""
    field, snapshot = _SNAPSHOTS[event.of]
    values: dict[str, Any] = {
        "user_id": event.after["user_id"],
        field: snapshot.model_validate(event.after),
    }
    if event.what == "updated":
        values["changed"] = event.changed
    return _EVENTS[event.of, event.what](**values)
