"""Pages of the API reference: one for each tag of the OpenAPI document, its schemas and its problem codes.

The documentation site makes them when it is built (`tools/maintenance/site.py`); they are not committed.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

from tools.maintenance.api_schemas import (
    SCHEMAS,
    bounds_of,
    describe,
    link_documents,
    resolve,
    schema_section,
    table,
    type_of,
)
from tools.openapi.headers import NAMES as HEADER_COMPONENTS
from tools.openapi.problems import NAMES as RESPONSE_COMPONENTS

DOCUMENT = Path(__file__).parents[2] / "services/frontend/src/frontend_service/openapi.json"
FOLDER = "api"
ERRORS = "errors.md"
FEW = 12
"""Up to so many operations with a problem code are named."""

Document = dict[str, Any]
Operation = tuple[str, str, Document]
"""Method, path below the server, and what the document has of it."""


def render_pages(document: Document) -> dict[str, str]:
    """The Markdown of each page, by its path within `docs/`."""
    operations = list(_operations(document))
    pages = {"index.md": _index(document, operations), ERRORS: _errors(document, operations)}
    for tag in document["tags"]:
        parts = [f"# {_capitalised(tag['name'])}", describe(tag["description"])]
        parts += [_operation(each, document) for each in operations if tag["name"] in each[2]["tags"]]
        pages[page_of(tag["name"])] = "\n\n".join(parts) + "\n"
    schemas = document["components"]["schemas"]
    sections = [schema_section(schemas[name], document) for name in sorted(schemas, key=str.lower)]
    pages[SCHEMAS] = "\n".join(["# Schemas\n\nWhat requests and responses hold.\n", *sections])
    return {f"{FOLDER}/{name}": text for name, text in pages.items()}


def page_of(tag: str) -> str:
    return f"{tag.replace(' ', '-')}.md"


def _operations(document: Document) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        yield from ((method.upper(), path, each) for method, each in methods.items())
    for methods in document["webhooks"].values():
        yield from ((method.upper(), "", each) for method, each in methods.items())


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _index(document: Document, operations: list[Operation]) -> str:
    server = document["servers"][0]["url"]
    info = document["info"]
    parts = [f"# API reference\n\n{info['summary']}\n\n{info['description']}"]
    parts.append(
        f"Paths are below `{server}` of a server. It serves the OpenAPI document that these pages are "
        f"generated from at `{server}/openapi.json`; `make clients` generates clients in Python and "
        f"TypeScript. [Errors]({ERRORS}) lists the codes of problems, [Schemas]({SCHEMAS}) what requests and "
        f"responses hold."
    )
    for tag in document["tags"]:
        page = page_of(tag["name"])
        rows = [
            (f"`{method} {path}`" if path else "your server", f"[{each['summary']}]({_link(page, each)})")
            for method, path, each in operations
            if tag["name"] in each["tags"]
        ]
        parts.append(f"## {_capitalised(tag['name'])}\n\n{table(('request', 'operation'), rows)}")
    components = document["components"]
    sent = [_parameter(each, document) for each in components["parameters"].values()]
    parts.append(f"## Request headers\n\n{table(_PARAMETERS, sent)}")
    headers = {name: components["headers"][each] for name, each in HEADER_COMPONENTS.items()}
    given = [
        (f"`{name}`", describe(each["description"], f"example: `{each['example']}`"))
        for name, each in headers.items()
    ]
    parts.append(f"## Response headers\n\n{table(('header', 'description'), given)}")
    return "\n\n".join(parts) + "\n"


def _link(page: str, operation: Document) -> str:
    return f"{page}#{operation['operationId']}"


_PARAMETERS = ("parameter", "in", "type", "description")


def _operation(operation: Operation, document: Document) -> str:
    method, path, each = operation
    request = f"{method} {document['servers'][0]['url']}{path}" if path else f"{method} to your server"
    heading = f"## {each['summary']} {{ #{each['operationId']} }}"
    parts = [heading, f"`{request}`", link_documents(each["description"])]
    if path:
        parts.append(_security(each["security"]))
    parameters = [_parameter(resolve(one, document), document) for one in each.get("parameters", ())]
    if parameters:
        parts.append(f"**Parameters**\n\n{table(_PARAMETERS, parameters)}")
    if "requestBody" in each:
        parts.append(_body("Request body", each["requestBody"], document))
    parts.append(_responses(each, document))
    if "x-problem-codes" in each:
        parts.append(f"**Errors**\n\n{_problems(each['x-problem-codes'])}")
    if "x-command-problem-codes" in each:
        codes = _problems(each["x-command-problem-codes"])
        parts.append(f"**Errors of single commands**, in their results\n\n{codes}")
    return "\n\n".join(filter(None, map(str.strip, parts)))


def _security(security: list[Document]) -> str:
    if not security:
        return "Needs no token."
    scopes = [scope for each in security for of_scheme in each.values() for scope in of_scheme]
    if not scopes:
        return "Needs an access token."
    return f"Needs an access token, or an API token with {' and '.join(f'`{each}`' for each in scopes)}."


def _parameter(parameter: Document, document: Document) -> tuple[str, ...]:
    schema = parameter["schema"]
    example = f"example: `{parameter['example']}`" if "example" in parameter else ""
    name = f"`{parameter['name']}`" + (" **required**" if parameter.get("required") else "")
    return (
        name,
        parameter["in"],
        type_of(schema, document),
        describe(parameter["description"], bounds_of(schema), example),
    )


def _body(title: str, body: Document, document: Document) -> str:
    kinds = [
        f"`{media}`: {type_of(content.get('schema', {}), document)}"
        for media, content in body["content"].items()
    ]
    examples = [_example(content["example"]) for content in body["content"].values() if "example" in content]
    return "\n\n".join([f"**{title}** {', '.join(kinds)}", *examples])


def _example(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return f"```json\n{text}\n```"


def _responses(operation: Document, document: Document) -> str:
    parts = []
    for status, response in operation["responses"].items():
        if "$ref" in response:
            continue  # an error
        title = f"Response {status}"
        parts.append(_body(title, response, document) if "content" in response else f"**{title}**")
        if response["description"] != "Successful Response":
            parts.append(response["description"])
        headers = [f"[`{name}`](index.md#response-headers)" for name in response.get("headers", ())]
        if headers:
            parts.append(f"Headers: {', '.join(headers)}")
    return "\n\n".join(parts)


def _problems(codes: dict[str, list[str]]) -> str:
    rows = [
        (
            f"{status} {HTTPStatus(int(status)).phrase}",
            ", ".join(f"[`{code}`]({ERRORS}#{code})" for code in found),
        )
        for status, found in codes.items()
    ]
    return table(("status", "`code` of the problem"), rows)


def _errors(document: Document, operations: list[Operation]) -> str:
    used: dict[str, dict[str, Document]] = defaultdict(dict)
    statuses: dict[str, set[str]] = defaultdict(set)
    for _, _, operation in operations:
        for field in ("x-problem-codes", "x-command-problem-codes"):
            for status, codes in operation.get(field, {}).items():
                for code in codes:
                    used[code][operation["operationId"]] = operation
                    statuses[code].add(status)
    described = [
        (str(status), describe(document["components"]["responses"][name]["description"]))
        for status, name in RESPONSE_COMPONENTS.items()
    ]
    parts = [
        "# Errors\n\nAn error is a problem document (RFC 9457): "
        f"[Problem]({SCHEMAS}#Problem). Decide by its `code`; `title` and `detail` are for people."
    ]
    parts.append(table(("status", "meaning"), described))
    for code in sorted(used):
        parts.append(f"## {code} {{ #{code} }}\n\n{', '.join(sorted(statuses[code]))}: {_users(used[code])}.")
    return "\n\n".join(parts) + "\n"


def _users(operations: dict[str, Document]) -> str:
    """Who can answer with a code."""
    if len(operations) > FEW:
        return f"{len(operations)} operations"
    links = [f"[{each['summary']}]({_link(page_of(each['tags'][0]), each)})" for each in operations.values()]
    return ", ".join(links)
