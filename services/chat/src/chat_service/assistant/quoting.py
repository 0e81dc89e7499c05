"""Quotation marks around what somebody says: the words inside are meant as they stand."""

QUOTES = "\"'“”‘’«»„"


def is_quoted(text: str) -> bool:
    plain = text.strip()
    return len(plain) > 2 and plain[0] in QUOTES and plain[-1] in QUOTES


def unquote(text: str) -> str:
    """Without quotation marks and blanks around it."""
    return text.strip().strip(QUOTES).strip()
