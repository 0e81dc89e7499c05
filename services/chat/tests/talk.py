"""What people say to the assistant, and what they see of it, through the API."""

from typing import Any

from conftest import ServiceUnderTest

BOB = {"authorization": "Bearer bob"}
PATH = "/chat/conversations"


async def say(chat: ServiceUnderTest, text: str, **more: Any) -> dict[str, Any]:
    headers = more.pop("headers", {})
    response = await chat.client.post("/chat/messages", json={"text": text} | more, headers=headers)
    assert response.status_code == 200, response.text
    reply: dict[str, Any] = response.json()
    return reply


async def heads(chat: ServiceUnderTest, headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await chat.client.get(PATH, headers=headers or {})).json()["items"]
    return items
