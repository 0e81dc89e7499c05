"""The names shared by services, `dapr/`, `kafka/` and the charts. Nothing else spells them."""

from enum import StrEnum
from typing import Final


class App(StrEnum):
    """Dapr app-ids. The same word names the folder, the image, the database and the log field."""

    FRONTEND = "frontend"
    USER = "user"
    TASK = "task"
    CHAT = "chat"
    NOTIFICATION = "notification"
    ANALYTICS = "analytics"


BACKUP_IMAGE: Final = "backup"
"""The one image beside those of the services; it is built, signed and released with them."""

IMAGES: Final = (*App, BACKUP_IMAGE)


class Topic(StrEnum):
    """Kafka topics; `kafka/topics.yaml` gives their partitions."""

    TODO_EVENTS = "todo-events"
    CHAT_EVENTS = "chat-events"
    USER_EVENTS = "user-events"
    NOTIFICATION_EVENTS = "notification-events"
    DEAD_LETTERS = "dlq"


PUBSUB: Final = "pubsub"
"""Pub/sub component whose consumer group is the app-id: one replica gets each event."""

BROADCAST: Final = "broadcast"
"""Pub/sub component with one consumer group per replica: every replica gets every event."""

STATE_STORE: Final = "statestore"
SECRET_STORE: Final = "secretstore"
