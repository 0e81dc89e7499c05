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
class NotificationRule:
    """What an event is to its user."""

    kind: str = ""
    """Of the notification; empty where there is none."""
    in_inbox: bool = False
    """Whether there is an entry; else only webhooks get it that ask for the kind."""


NOTHING = NotificationRule()
_IMPORT = NotificationRule("import", in_inbox=True)

RULES: Mapping[type[Event], NotificationRule] = {
    TaskCreated: NotificationRule("task.created"),
    TaskUpdated: NotificationRule("task.updated"),
    TaskCompleted: NotificationRule("task.completed"),
    TaskReopened: NotificationRule("task.reopened"),
    TaskDeleted: NotificationRule("task.deleted"),
    TaskRestored: NotificationRule("task.restored"),
    ProjectCreated: NotificationRule("project.created"),
    ProjectUpdated: NotificationRule("project.updated"),
    ProjectDeleted: NotificationRule("project.deleted"),
    ProjectRestored: NotificationRule("project.restored"),
    LabelCreated: NotificationRule("label.created"),
    LabelUpdated: NotificationRule("label.updated"),
    LabelDeleted: NotificationRule("label.deleted"),
    FilterCreated: NotificationRule("filter.created"),
    FilterUpdated: NotificationRule("filter.updated"),
    FilterDeleted: NotificationRule("filter.deleted"),
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

POSITION_FIELDS = frozenset({"position", "project_id", "parent_id"})
"""Fields that say where a task is; a change of nothing else moves it."""


def kind_of(event: Event) -> str:
    """The kind of notification an event is; empty where there is none."""
    if isinstance(event, TaskUpdated) and set(event.changed) <= POSITION_FIELDS:
        return "task.moved"
    return RULES[type(event)].kind


IN_INBOX = (
    "reminder",
    "digest",
    *dict.fromkeys(content.kind for content in RULES.values() if content.in_inbox),
    "channel.disabled",
    "channel.failing",
    "deliveries.dropped",
)
"""Kinds of entries: also those that are made here, with no event before them."""
