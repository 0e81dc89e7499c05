"""Message → event."""

from contracts.chat import ChatAction, ChatMessageHandled


def message_handled(
    user_id: str, conversation_id: str, message_id: str, actions: list[ChatAction]
) -> ChatMessageHandled:
    return ChatMessageHandled(
        user_id=user_id, conversation_id=conversation_id, message_id=message_id, actions=actions
    )
