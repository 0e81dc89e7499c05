"""Tables of the chat service. Conversations are in the state store, see `conversations`."""

from servicekit.idempotency import IdempotencyRow
from servicekit.inbox import InboxRow
from servicekit.outbox import OutboxRow

__all__ = ["IdempotencyRow", "InboxRow", "OutboxRow"]
