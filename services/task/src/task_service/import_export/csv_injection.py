"""Protects our CSV from formula (CSV) injection, reversibly.

A cell that begins with one of `= + - @`, a tab or a carriage return, behind apostrophes or not, gets an
apostrophe more in front (OWASP, "CSV Injection"); taking one away is the exact opposite.
"""

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")


def escape_cell(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unescape_cell(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
