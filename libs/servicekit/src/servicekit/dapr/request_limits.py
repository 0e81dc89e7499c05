"""What may leave for a service: nothing that the sidecar would refuse in its own words.

daprd reads the request line and the headers into a buffer (`readBufferSize`, 16 KiB) and answers 431 past
it; it takes no control characters in a header or a query. Its refusals look like an outage, so what a
client chose is measured before it leaves.
"""

import re
from collections.abc import Mapping

from servicekit.errors import BadRequest, HeadersTooLarge, UriTooLong

MAX_TARGET_BYTES = 7 * 1024
"""Path and query, percent-encoded."""
MAX_HEADER_BYTES = 8 * 1024
"""Names and values of all headers that go on; 1 KiB of daprd's 16 is left for those that we add."""

_VALUE = re.compile(r"[\t\x20-\x7e]*")
_TARGET = re.compile(r"[\x21-\x7e]*")


def require_sendable(target: str, headers: Mapping[str, str]) -> None:
    """Raise `UriTooLong`, `HeadersTooLarge` or `BadRequest` for what no service could be sent."""
    if len(target) > MAX_TARGET_BYTES:
        raise UriTooLong(f"Path and query may have at most {MAX_TARGET_BYTES} bytes.")
    if not _TARGET.fullmatch(target):
        raise BadRequest("The URL contains characters that must be percent-encoded.", code="uri-invalid")
    size = 0
    for name, value in headers.items():
        if not _VALUE.fullmatch(value):
            raise BadRequest(
                f"The header {name} contains characters that are not ASCII.", code="header-invalid"
            )
        size += len(name) + len(value) + 4
    if size > MAX_HEADER_BYTES:
        raise HeadersTooLarge(f"The headers may have at most {MAX_HEADER_BYTES} bytes.")
