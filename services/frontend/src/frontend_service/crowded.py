"""What a person sees whose page is not taken on because too many came at once.

Made without templates and services: it has to cost next to nothing.
"""

from starlette.responses import Response
from starlette.types import Scope

from servicekit.errors import Overloaded
from servicekit.problems import problem_response

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


def refusal_of(scope: Scope) -> Response:
    """A page for a browser that opens one, a problem document for everything else."""
    headers = dict(scope["headers"])
    opens_page = b"text/html" in headers.get(b"accept", b"") and b"hx-request" not in headers
    if scope["path"].startswith("/api/") or not opens_page:
        return problem_response(Overloaded())
    return Response(PAGE, 503, HEADERS, "text/html; charset=utf-8")
