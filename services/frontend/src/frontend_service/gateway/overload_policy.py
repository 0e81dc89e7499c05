"""Too many requests at once: a bulkhead for each service behind the gateway, and one for pages.

So one that hangs holds up nobody who asks another one. What a person sees whose page is not taken on is made
without templates and services: it has to cost next to nothing.
"""

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from frontend_service.container import container_of
from frontend_service.gateway.client_identification import client_address
from frontend_service.gateway.upstreams import OWNERS
from servicekit.security.auth import API_PREFIX
from servicekit.web.admission import AdmissionPolicy, build_overloaded_response, get_slow_bulkhead

PAGE = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Just a moment</title>
<h1>Just a moment</h1>
<p>Many people are here right now. Nothing is lost; reload the page to try again.</p>
"""
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "retry-after": "1",
}


def create_refusal(scope: Scope) -> Response:
    """A page for a browser that opens one, a problem document for everything else."""
    headers = dict(scope["headers"])
    opens_page = b"text/html" in headers.get(b"accept", b"") and b"hx-request" not in headers
    if scope["path"].startswith(API_PREFIX) or not opens_page:
        return build_overloaded_response(scope)
    return Response(PAGE, 503, HEADERS, "text/html; charset=utf-8")


def choose_bulkhead(path: str) -> str:
    """What is slow by its nature, the service that will answer, or pages."""
    below = path.removeprefix(API_PREFIX)
    if below == path:
        return get_slow_bulkhead(path) or "pages"
    return get_slow_bulkhead(path) or OWNERS.get(below.split("/")[1] if "/" in below else "", "")


async def identify_client(scope: Scope) -> str:
    """The user, once verified, or the address: as the rate limit counts."""
    connection = HTTPConnection(scope)
    client_identifier = container_of(connection.app).client_identifier
    return await client_identifier.identify_request(connection.headers, client_address(connection))


HUNG_SECONDS = 3.0
"""Six times what a request waits at most in a service before it is taken on or refused there."""
POLICY = AdmissionPolicy(choose_bulkhead, identify_client, create_refusal, HUNG_SECONDS)
