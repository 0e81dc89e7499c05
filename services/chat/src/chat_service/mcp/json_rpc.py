"""Messages that are no JSON-RPC 2.0 requests of the Model Context Protocol, refused in plain words.

The SDK would answer these with its validator's text, or take them for a notification and say nothing.
"""

from typing import Any

import orjson
from mcp_types import INVALID_REQUEST, UNSUPPORTED_PROTOCOL_VERSION
from mcp_types.version import SUPPORTED_PROTOCOL_VERSIONS
from starlette.responses import Response

VERSION_HEADER = "mcp-protocol-version"


def refuse_malformed(body: bytes, version: str | None) -> Response | None:
    """The response to a message that is no request; None for one that is, and for what isn't JSON at all.

    version: the header `MCP-Protocol-Version`, where there is one.
    """
    try:
        message = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    problem = _find_problem(message)
    if problem:
        return _error_response(_id_of(message), problem)
    if version is not None and version not in SUPPORTED_PROTOCOL_VERSIONS:
        return _error_response(
            _id_of(message),
            "This protocol version is not supported.",
            UNSUPPORTED_PROTOCOL_VERSION,
            supported=list(SUPPORTED_PROTOCOL_VERSIONS),
        )
    return None


def _find_problem(message: Any) -> str:
    if isinstance(message, list):
        return "Batches are not supported: send one request at a time."
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        return 'A request is an object with "jsonrpc": "2.0".'
    if "id" in message and _id_of(message) is None:
        return "The id of a request is a string or a whole number."
    if "result" in message or "error" in message:
        return ""
    if not isinstance(message.get("method"), str):
        return "A request names its method."
    return "" if isinstance(message.get("params", {}), dict) else "The params of a request are an object."


def _id_of(message: Any) -> str | int | None:
    id = message.get("id") if isinstance(message, dict) else None
    return id if isinstance(id, str | int) and not isinstance(id, bool) else None


def _error_response(id: str | int | None, text: str, code: int = INVALID_REQUEST, **data: Any) -> Response:
    error = {"code": code, "message": text, **({"data": data} if data else {})}
    body = orjson.dumps({"jsonrpc": "2.0", "id": id, "error": error})
    return Response(body, 400, media_type="application/json")
