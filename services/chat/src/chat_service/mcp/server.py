"""An MCP server whose tools take exactly what they name, and say what is wrong in our words.

The SDK publishes a default for every optional argument, which clients with strict schemas send back; it
passes over arguments nobody knows; and it answers wrong ones with the validator's text. Not so here.
"""

from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp_types import CallToolResult, InputRequiredResult, Tool
from pydantic import ValidationError
from pydantic_core import ErrorDetails

_MESSAGES = {
    "missing": "is needed",
    "string_type": "has to be text",
    "string_too_long": "may have at most {max_length} characters",
    "string_pattern_mismatch": "is not the id of a task",
    "int_type": "has to be a whole number",
    "int_parsing": "has to be a whole number",
    "int_from_float": "has to be a whole number",
    "greater_than_equal": "has to be at least {ge}",
    "less_than_equal": "has to be at most {le}",
    "bool_type": "has to be true or false",
    "bool_parsing": "has to be true or false",
    "list_type": "has to be a list",
    "too_long": "may have at most {max_length} entries",
    "dict_type": "has to be an object",
    "model_type": "has to be an object",
    "model_attributes_type": "has to be an object",
    "extra_forbidden": "is not known here",
    "literal_error": "has to be {expected}",
}
"""Pydantic's types of errors, as people would say them."""


class ToolServer(MCPServer):
    """Tools with closed schemas, no defaults, and errors such as `/notes: has to be text`."""

    async def list_tools(self) -> list[Tool]:
        return [
            tool.model_copy(update={"input_schema": close_schema(tool.input_schema)})
            for tool in await super().list_tools()
        ]

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Raises `ToolError` with what is wrong, argument by argument."""
        self._refuse_unknown(name, arguments)
        try:
            return await super().call_tool(name, arguments, context)
        except UnexpectedToolError as error:
            raise UnexpectedToolError("Something failed on the server; the request was valid.") from error
        except ToolError as error:
            cause = error.__cause__
            if isinstance(cause, ValidationError):
                raise ToolError(describe_errors(cause)) from error
            raise ToolError(str(cause or error)) from error

    def _refuse_unknown(self, name: str, arguments: dict[str, Any]) -> None:
        tool = self._tool_manager.get_tool(name)
        if tool is None:
            raise ToolError(f"There is no tool called {name[:100]!r}.")
        unknown = sorted(arguments.keys() - tool.parameters.get("properties", {}).keys())
        if unknown:
            raise ToolError("; ".join(f"/{argument[:100]}: unknown argument" for argument in unknown))


def close_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON schema without defaults and made-up titles, whose objects take no other properties."""
    closed: dict[str, Any] = {
        key: _close_value(value) for key, value in schema.items() if key not in ("default", "title")
    }
    for key in ("properties", "$defs"):
        if key in schema:
            closed[key] = {name: close_schema(each) for name, each in schema[key].items()}
    if "properties" in closed:
        closed["additionalProperties"] = False
    return closed


def _close_value(value: Any) -> Any:
    if isinstance(value, dict):
        return close_schema(value)
    return [_close_value(each) for each in value] if isinstance(value, list) else value


def describe_errors(error: ValidationError) -> str:
    """Each wrong argument by its JSON pointer (RFC 6901), and what is wrong with it."""
    return "; ".join(f"{_json_pointer(each)}: {_describe_error(each)}" for each in error.errors()[:10])


def _json_pointer(error: ErrorDetails) -> str:
    return "".join(f"/{part}" for part in error["loc"])


def _describe_error(error: ErrorDetails) -> str:
    template = _MESSAGES.get(error["type"])
    if template is None:
        return error["msg"].removeprefix("Value error, ")
    return template.format(**error.get("ctx", {}))
