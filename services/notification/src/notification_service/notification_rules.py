"""What becomes of each event: an entry in its user's inbox, a call of webhooks that ask for it, or neither.

Who does something knows it, and sees it on every open page: acts of one's own, an import's thousand tasks
among them, make no entry. See docs/decisions/0028-no-notifications-for-own-actions.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.chat import ChatMessageHandled
from contracts.event import Event
from contracts.filter import FilterCreated, FilterDeleted, FilterUpdated
from contracts.imports import ImportFinished
from contracts.label import LabelCreated, LabelDeleted, LabelUpdated
from contracts.notification import DeliveryFailed, NotificationCreated, NotificationRead
from contracts.project import ProjectCreated, ProjectDeleted, ProjectRestored, ProjectUpdated
from contracts.task import TaskCompleted, TaskCreated, TaskDeleted, TaskReopened, TaskRestored, TaskUpdated
from contracts.user import UserDeleted, UserSignedUp, UserUpdated


@dataclass(frozen=True, slots=True)
class Content:
    """What an event is to its user."""

    kind: str = ""
    """Of the notification; empty where there is none."""
    in_inbox: bool = False
    """Whether there is an entry; else only webhooks get it that ask for the kind."""


NOTHING = Content()
_IMPORT = Content("import", in_inbox=True)

OF_EVENTS: Mapping[type[Event], Content] = {
    TaskCreated: Content("task.created"),
    TaskUpdated: Content("task.updated"),
    TaskCompleted: Content("task.completed"),
    TaskReopened: Content("task.reopened"),
    TaskDeleted: Content("task.deleted"),
    TaskRestored: Content("task.restored"),
    ProjectCreated: Content("project.created"),
    ProjectUpdated: Content("project.updated"),
    ProjectDeleted: Content("project.deleted"),
    ProjectRestored: Content("project.restored"),
    LabelCreated: Content("label.created"),
    LabelUpdated: Content("label.updated"),
    LabelDeleted: Content("label.deleted"),
    FilterCreated: Content("filter.created"),
    FilterUpdated: Content("filter.updated"),
    FilterDeleted: Content("filter.deleted"),
    ImportFinished: _IMPORT,
    ChatMessageHandled: NOTHING,
    UserSignedUp: NOTHING,
    UserUpdated: NOTHING,
    UserDeleted: NOTHING,
    NotificationCreated: NOTHING,
    NotificationRead: NOTHING,
    DeliveryFailed: NOTHING,  # the transaction that tells of it makes the entry, one a channel and day
}
"""Every event of the contracts; a test refuses one that is not decided on."""

PLACE = frozenset({"position", "project_id", "parent_id"})
"""Fields that say where a task is; a change of nothing else moves it."""


def kind_of(event: Event) -> str:
    """The kind of notification an event is; empty where there is none."""
    if isinstance(event, TaskUpdated) and set(event.changed) <= PLACE:
        return "task.moved"
    return OF_EVENTS[type(event)].kind


IN_INBOX = (
    "reminder",
    "digest",
    *dict.fromkeys(content.kind for content in OF_EVENTS.values() if content.in_inbox),
    "channel.disabled",
    "channel.failing",
    "deliveries.dropped",
)
"""Kinds of entries: also those that are made here, with no event before them."""
