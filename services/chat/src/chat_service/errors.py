"""Errors of the chat service."""

from servicekit.errors import Conflict, Invalid, Unavailable


class ConversationsUnavailable(Unavailable):
    code = "conversations-unavailable"
    title = "Conversations can't be reached right now; your tasks are not affected"


class ConversationBusy(Conflict):
    code = "conversation-busy"
    title = "Another message of this conversation is being answered"


class NothingToUndo(Invalid):
    code = "nothing-to-undo"
    title = "There is nothing to undo with this token"
