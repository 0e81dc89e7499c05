"""Posted forms, whose text is UTF-8 or refused.

Starlette reads bytes that are no UTF-8 as other characters, and the text would be stored changed.
"""

from contextlib import aclosing
from urllib.parse import unquote_to_bytes

from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from servicekit.errors import Invalid


class _StrictParser(MultiPartParser):
    """Raises `UnicodeDecodeError` for a text or the header of a part that is no UTF-8."""

    def on_part_end(self) -> None:
        part = self._current_part
        (part.content_disposition or b"").decode()
        if part.file is None:
            part.data.decode()
        super().on_part_end()


async def parse_form(request: Request) -> FormData:
    """The fields and files of a form. Raises `Invalid` for what is no UTF-8, or no form."""
    kind = request.headers.get("content-type", "").lower()
    try:
        if kind.startswith("multipart/form-data"):
            async with aclosing(request.stream()) as stream:
                return await _StrictParser(request.headers, stream).parse()
        if kind.startswith("application/x-www-form-urlencoded"):
            unquote_to_bytes(await request.body()).decode()
    except UnicodeDecodeError as error:
        raise Invalid("The text contains characters that are not Unicode.", code="not-unicode") from error
    except MultiPartException as error:
        raise Invalid("The form can't be read.") from error
    return await request.form()
