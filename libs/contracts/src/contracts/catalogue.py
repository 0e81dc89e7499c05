"""Every event there is, by type."""

from contracts.chat import ChatMessageHandled
from contracts.event import Event
from contracts.filter import FilterCreated, FilterDeleted, FilterUpdated
from contracts.imports import ImportFinished
from contracts.label import LabelCreated, LabelDeleted, LabelUpdated
from contracts.notification import DeliveryFailed, NotificationCreated, NotificationRead
from contracts.project import ProjectCreated, ProjectDeleted, ProjectRestored, ProjectUpdated
from contracts.task import (
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskReopened,
    TaskRestored,
    TaskUpdated,
)
from contracts.user import UserDeleted, UserSignedUp, UserUpdated

EVENTS: tuple[type[Event], ...] = (
    TaskCreated,
    TaskUpdated,
    TaskCompleted,
    TaskReopened,
    TaskDeleted,
    TaskRestored,
    ProjectCreated,
    ProjectUpdated,
    ProjectDeleted,
    ProjectRestored,
    LabelCreated,
    LabelUpdated,
    LabelDeleted,
    FilterCreated,
    FilterUpdated,
    FilterDeleted,
    ImportFinished,
    ChatMessageHandled,
    UserSignedUp,
    UserUpdated,
    UserDeleted,
    NotificationCreated,
    NotificationRead,
    DeliveryFailed,
)

BY_TYPE: dict[str, type[Event]] = {event.type: event for event in EVENTS}
