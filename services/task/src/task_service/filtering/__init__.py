"""The filter language, as a small compiler: text → tokens → AST → one SQL condition.

`tokenizer` (lexical analysis), `parser` (recursive descent), `ast` (the grammar), `fields` (the types) and
`compiler` (code generation). Every error carries the offset of the character it is about.
"""

from task_service.filtering.errors import FilterError
from task_service.filtering.parser import parse_filter

__all__ = ["FilterError", "parse_filter"]
