"""Protection against cross-site request forgery (CSRF): a session cookie works for our own pages only.

Browsers say where a request comes from (Fetch Metadata, `Sec-Fetch-Site`; older ones `Origin`), so no token
has to be kept or put into forms. An access token needs none of this: no browser adds one by itself.
"""

from collections.abc import Mapping

from servicekit.errors import Forbidden

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""They change nothing (RFC 9110, section 9.2.1), so other sites may cause them."""


def is_same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that the page itself made the request (Fetch Metadata, else Origin)."""
    if "sec-fetch-site" in headers:
        return headers["sec-fetch-site"] in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2] == headers.get("host")


def require_same_origin(
    headers: Mapping[str, str], detail: str = "This request comes from another site."
) -> None:
    """Raises `Forbidden` for a request that another site caused."""
    if not is_same_origin(headers):
        raise Forbidden(detail, code="cross-site")
