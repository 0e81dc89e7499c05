"""What is sent without being asked for each time: Server-Sent Events, and calls of webhooks."""

from typing import Any, Literal

from frontend_service.live.event_log import TOPICS
from notification_service.channels.schemas import Kind
from notification_service.channels.webhooks import DELIVERY_HEADER, SIGNATURE_HEADER
from pydantic import Field
from pydantic.json_schema import models_json_schema

from contracts.catalogue import EVENTS
from servicekit.web.schemas import ResponseModel

Document = dict[str, Any]

PREFIX = "Event"
"""Of schemas of events: some have the names of what routes answer."""
REF = "#/components/schemas/{model}"


class WebhookData(ResponseModel):
    """What happened. Every field is there; what doesn't apply is null. Fields may be added."""

    id: str
    """UUID of the notification; of what happened to a task or list, of the event itself."""
    kind: Kind
    """As `type`."""
    title: str
    """Title of the task, name of the list, or what to show."""
    text: str
    """More to show; mostly empty."""
    task_id: str | None
    """UUID of the task: `GET /tasks/{id}` has the rest."""
    project_id: str | None
    """UUID of the project."""
    label_id: str | None
    """UUID of the label."""
    filter_id: str | None
    """UUID of the saved filter."""
    changed: list[str] | None
    """Names of the fields that differ from the version before."""
    reminder_id: str | None
    """UUID of the reminder."""
    due_at: str | None = Field(json_schema_extra={"format": "date-time"})
    """Of a reminder: when its task is due; RFC 3339, UTC."""
    due_date: str | None = Field(json_schema_extra={"format": "date"})
    """Of a reminder: the day its task is due."""
    late: bool
    """Whether a reminder came long after its time."""
    created_at: str = Field(json_schema_extra={"format": "date-time"})
    """When it happened; RFC 3339, UTC."""


class WebhookCall(ResponseModel):
    """The body of a call."""

    type: Kind
    """What happened; a webhook is called for the kinds it asked for."""
    data: WebhookData
    """What it happened to."""


class ResetEvent(ResponseModel):
    """What was missed is not known any more: read everything again."""

    event: Literal["reset"]
    """The SSE field `event`."""
    data: dict[str, Any]
    """Empty."""


def stream_schemas() -> Document:
    """The schemas of events and of calls, by name."""
    streamed = [event for event in EVENTS if event.topic in TOPICS]
    _, events = models_json_schema(
        [(event, "serialization") for event in streamed],
        ref_template=f"#/components/schemas/{PREFIX}{{model}}",
    )
    _, others = models_json_schema(
        [(model, "serialization") for model in (WebhookCall, ResetEvent)], ref_template=REF
    )
    schemas: Document = {f"{PREFIX}{name}": schema for name, schema in events["$defs"].items()}
    live = {f"Live{event.__name__}": _live_event(event.type, event.__name__) for event in streamed}
    mapping = {event.type: REF.format(model=f"Live{event.__name__}") for event in streamed}
    schemas |= live | others["$defs"]
    schemas["LiveEvent"] = {
        "description": "One event of `GET /stream`; `data` is one line of JSON there.",
        "oneOf": [{"$ref": each} for each in [*mapping.values(), REF.format(model="ResetEvent")]],
        "discriminator": {
            "propertyName": "event",
            "mapping": mapping | {"reset": REF.format(model="ResetEvent")},
        },
    }
    return schemas


def _live_event(kind: str, name: str) -> Document:
    return {
        "type": "object",
        "description": f"`{kind}` on the stream.",
        "required": ["id", "event", "data"],
        "properties": {
            "id": {"type": "string", "description": "The place in the stream, for `Last-Event-ID`."},
            "event": {"const": kind, "type": "string", "description": "The SSE field `event`."},
            "data": {
                "$ref": REF.format(model=f"{PREFIX}{name}"),
                "description": "The SSE field `data`, parsed.",
            },
        },
    }


def type_the_stream(operation: Document) -> None:
    """Say what the text of `GET /stream` holds: JSON Schema calls what a string decodes to its content."""
    media: Document = operation["responses"]["200"]["content"]["text/event-stream"]
    media["schema"] |= {
        "contentMediaType": "text/event-stream",
        "contentSchema": {"type": "array", "items": {"$ref": REF.format(model="LiveEvent")}},
    }


def webhooks() -> Document:
    """The section `webhooks`."""
    return {
        "notification": {
            "post": {
                "operationId": "receive_notification",
                "tags": ["webhooks"],
                "summary": "Receive a notification",
                "description": (
                    "Your server is called at the `url` of a webhook. Check the signature first; "
                    "docs/webhooks.md has how, when each kind is sent, and when a call is repeated."
                ),
                "security": [],
                "parameters": [
                    {
                        "name": DELIVERY_HEADER,
                        "in": "header",
                        "required": True,
                        "description": "UUID of the delivery, the same at every try: drop what you have.",
                        "schema": {"type": "string", "format": "uuid"},
                    },
                    {
                        "name": SIGNATURE_HEADER,
                        "in": "header",
                        "required": True,
                        "description": (
                            "`t`: Unix time, seconds. `v1`: HMAC-SHA256 of `<t>.<body>` in hex, one for each "
                            "active secret. Refuse a `t` more than five minutes away."
                        ),
                        "schema": {"type": "string", "pattern": "^t=[0-9]+(,v1=[0-9a-f]{64})+$"},
                    },
                ],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": REF.format(model="WebhookCall")}}},
                },
                "responses": {
                    "2XX": {"description": "Delivered. Everything but 410 is tried again for 24 hours."},
                    "410": {"description": "Not wanted any more: the webhook is switched off."},
                },
            }
        }
    }
