"""What a message asks for, in plain English, without a model.

A message is one intent. What can't be understood is `Unclear`, never a guess that changes data.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Add:
    title: str


@dataclass(frozen=True, slots=True)
class List:
    words: str = ""
    """Only tasks with these words; empty for all."""


@dataclass(frozen=True, slots=True)
class Complete:
    target: str


@dataclass(frozen=True, slots=True)
class Reopen:
    target: str


@dataclass(frozen=True, slots=True)
class Delete:
    target: str


@dataclass(frozen=True, slots=True)
class Help:
    pass


@dataclass(frozen=True, slots=True)
class Unclear:
    pass


Intent = Add | List | Complete | Reopen | Delete | Help | Unclear

_POLITE = re.compile(
    r"^(?:(?:hi|hey|hello|please|ok|okay|(?:can|could|would) you|i want to|i'd like to|let's)[,!]?\s+)+", re.I
)
_THANKS = re.compile(r"[\s,]*(?:please|thanks|thank you)?[\s.!?]*$", re.I)

_KIND = r"(?:tasks?|to-?dos?|items?)"
_ON_LIST = rf"(?: (?:from|to|on|in|off) (?:my|the) (?:(?:to-?do )?list|{_KIND}))?"
_WHICH = rf"(?:(?:the |my )?(?:{_KIND}(?: number)?[ :#]*)?(?P<target>.+?))"
_NEW = rf"(?: an?| the)?(?: new)?(?: {_KIND})?(?: to| called| named)?[ :]+(?P<target>.+?)"
_SHOW = r"(?:list|show|see|display|what are|what's on)(?: me)?"
_ALL = r"(?: all)?(?: of)?(?: my| the)?(?: open| pending| remaining)?"
_FINISH = r"(?:complete|finish|close|done(?: with)?|did|check(?: off)?|tick(?: off)?)"
_FINISHED = r"(?:done|completed?|finished)"
_I_DID = rf"(?:i did|i (?:have )?(?:{_FINISHED})|i've (?:{_FINISHED}))"
_DROP = r"(?:delete|remove|drop|forget|trash|cancel|erase|get rid of)"
_REMEMBER = (
    r"(?:remind me (?:to|about)|remember to|don't let me forget to|i (?:need|have|must|should)(?: to)?)"
)

_PATTERNS: tuple[tuple[str, type[Intent]], ...] = (
    (r"help|what can you do|how does this work", Help),
    (
        rf"{_SHOW}{_ALL}(?: (?:to-?do )?list| {_KIND})?",
        List,
    ),
    (
        r"what do i (?:have|need) to do(?: today| now)?|what (?:should i do|is left)(?: now| next)?",
        List,
    ),
    (rf"what(?: is|'s) on my (?:(?:to-?do )?list|plate)|(?:my )?{_KIND}|my list", List),
    (
        rf"(?:find|search(?: for)?|look for|{_SHOW})(?: (?:all|my|the|{_KIND}|with|about))* (?P<target>.+)",
        List,
    ),
    (rf"mark {_WHICH} (?:as )?(?:not done|undone|open|incomplete|unfinished)", Reopen),
    (rf"(?:re-?open|uncomplete|undone|untick|uncheck) {_WHICH}", Reopen),
    (rf"(?:mark|set|check|tick) (?:off )?{_WHICH} (?:as )?(?:{_FINISHED}|off)", Complete),
    (rf"(?:{_FINISH}|{_I_DID}) {_WHICH}", Complete),
    (rf"{_WHICH} (?:is|are) {_FINISHED}", Complete),
    (rf"{_DROP} {_WHICH}{_ON_LIST}", Delete),
    (rf"{_REMEMBER} (?P<target>.+)", Add),
    (rf"(?:add|create|new|make|put){_NEW}{_ON_LIST}", Add),
    (rf"{_KIND}[ :]+(?P<target>.+)", Add),
)
_COMPILED = tuple((re.compile(pattern, re.I | re.S), intent) for pattern, intent in _PATTERNS)
_JUST_A_KIND = re.compile(_KIND, re.I)
_QUOTES = "\"'“”‘’«»"


def understand(text: str) -> Intent:
    """The intent of a message."""
    plain = _POLITE.sub("", _THANKS.sub("", text.strip()))
    for pattern, intent in _COMPILED:
        match = pattern.fullmatch(plain)
        if match:
            return _made(intent, match.groupdict().get("target"))
    return Unclear()


def _made(intent: type[Intent], target: str | None) -> Intent:
    if target is None:
        return intent()  # type: ignore[call-arg]  # patterns without a target are of intents without one
    said = target.strip().strip(_QUOTES).strip()
    if not said or _JUST_A_KIND.fullmatch(said):
        return Unclear()
    return intent(said)  # type: ignore[call-arg]
