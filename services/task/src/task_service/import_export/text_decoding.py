"""From bytes to text."""

import codecs

from task_service.import_export.parsed_file import UnreadableFile

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\v\f\r\x1a\x1b")
MAX_CONTROL_SHARE = 0.02
"""Of control characters there may be so many in a text; more are another kind of file."""


def decode_text(body: bytes) -> tuple[str, str]:
    """UTF-8, what a byte order mark says, or else Windows-1252; and what is to be told of that.

    Raises `UnreadableFile` for what is no text.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return _decode_strictly(body[len(mark) :], encoding), ""
    head = body[:4096]
    if sum(byte in _CONTROLS for byte in head) > MAX_CONTROL_SHARE * len(head):
        raise UnreadableFile("The file is neither text nor a known archive.")
    try:
        return body.decode(), ""
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace"), "It is not UTF-8; it was decoded as Windows-1252."


def _decode_strictly(body: bytes, encoding: str) -> str:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            f"The file says that it is {encoding.upper()}, but it is not ({error})."
        ) from error
