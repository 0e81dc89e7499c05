"""What the user service tells: accounts come, change and go."""

from typing import ClassVar

from contracts.event import Event
from contracts.names import Topic


class UserEvent(Event):
    """A change of one account."""

    topic: ClassVar[Topic] = Topic.USER_EVENTS

    @property
    def subject(self) -> str:
        return self.user_id


class UserSignedUp(UserEvent):
    type: ClassVar[str] = "todo.user.signed-up.v1"

    email: str
    name: str
    time_zone: str


class UserUpdated(UserEvent):
    type: ClassVar[str] = "todo.user.updated.v1"

    email: str
    name: str
    time_zone: str


class UserDeleted(UserEvent):
    """The account is gone; whoever holds data of this user erases it."""

    type: ClassVar[str] = "todo.user.deleted.v1"
