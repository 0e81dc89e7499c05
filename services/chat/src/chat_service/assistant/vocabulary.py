"""The words by which a message is parsed, in English.

Every pattern is anchored: it matches at the beginning of a message, or in its last `TAIL` characters.
"""

import re
from collections.abc import Mapping
from typing import Literal

View = Literal["open", "today", "tomorrow", "overdue", "done"]
"""Which tasks a list shows."""

TAIL = 60
"""Characters at the end in which something like "from my list" can stand."""


def _split_words(words: str) -> frozenset[str]:
    return frozenset(words.split())


GREETING = re.compile(r"(?:(?:hi|hey|hello|ok|okay|now|then|so|and)[,!]? )+", re.I)
REQUEST = re.compile(
    r"(?:(?:please|(?:can|could|would|will) you|i(?: want|'d like| would like) (?:you )?to|let's)[,!]? )+",
    re.I,
)
THANKS = frozenset({"please", "thanks", "thank", "you", "thx"})
EDGES = " .,;:!?…"

QUESTION_MARKS = ("?", "؟", "？")

KIND = r"(?:task|to-?do|item)"
QUESTION = re.compile(
    r"(?:what|when|which|how|who|whom|whose|where|why|is|are|am|was|were|do|does|have|has|had|any"
    r"|did (?:i|we|you|he|she|it|they))\b",
    re.I,
)

HELP = frozenset({"help", "what can you do", "how does this work", "who are you", "what are you"})
YES = frozenset(
    {"yes", "y", "yep", "yeah", "yes do it", "do it", "sure", "confirm", "go ahead", "yes delete it"}
)
NO = frozenset(
    {"no", "n", "nope", "don't", "no don't", "never mind", "nevermind", "stop", "cancel", "not now"}
)

LISTING = re.compile(
    r"(?:show|list|see|display|give|tell|what|what's|whats|which|do|is|are|my|tasks?|to-?dos?|items?|today"
    r"|tomorrow|overdue)\b",
    re.I,
)
SEARCH = re.compile(
    rf"(?:(?:find|search(?: for)?|look for)(?: me)?(?: all| my| the| any)*(?: {KIND}s?)?"
    rf"(?: about| with| containing| called| named)?"
    rf"|(?:show|list|see|display)(?: me)?(?: all| my| the| any)*(?: {KIND}s?)?"
    r" (?:about|with|containing|called|named|matching)) (?P<rest>.+)",
    re.I | re.S,
)
FILLERS = _split_words(
    "a all any anything are do due for give have i in is item items left list me must my need next "
    "now of on open pending plate please remaining see should show display still task tasks tell "
    "that the there to todo to-do todos to-dos what what's whats which"
)
VIEWS: Mapping[str, View] = {
    "": "open",
    "today": "today",
    "tomorrow": "tomorrow",
    "overdue": "overdue",
    "late": "overdue",
    "done": "done",
    "completed": "done",
    "finished": "done",
}

DONE = r"(?:done|complete|completed|finished)"
MARK = re.compile(r"(?:mark|set|check|tick) (?P<rest>.+)", re.I | re.S)
AS_OPEN = re.compile(r" (?:as )?(?:not done|not completed?|undone|open|incomplete|unfinished)$", re.I)
AS_DONE = re.compile(rf" (?:as )?(?:{DONE}|off)$", re.I)
IS_DONE = re.compile(rf" (?:is|are) {DONE}$", re.I)
REOPEN = re.compile(r"(?:re-?open|uncomplete|untick|uncheck) (?P<rest>.+)", re.I | re.S)
COMPLETE = re.compile(
    rf"(?:complete|finish|close|done(?: with)?|did|(?:check|tick) off|tick|i did|i (?:have )?{DONE}"
    rf"|i've {DONE})"
    r" (?P<rest>.+)",
    re.I | re.S,
)
DELETE = re.compile(
    r"(?:delete|remove|drop|forget(?: about)?|trash|cancel|erase|get rid of) (?P<rest>.+)", re.I | re.S
)
ON_LIST = re.compile(rf" (?:from|to|on|onto|in|off) (?:my|the) (?:(?:to-?do )?list|{KIND}s?)$", re.I)
WHICH = re.compile(rf"(?:the |my )?(?:{KIND}(?: number)?[ :#]+)?", re.I)

NAMED = rf"(?:an? |the )?(?:new )?{KIND}(?:(?: to| called| named| titled)?:? |:)"
ADD = (
    re.compile(
        r"(?:remind me (?:to|about)|remember to|don't let me forget to|note to self:?) (?P<rest>.+)",
        re.I | re.S,
    ),
    re.compile(rf"(?:add|create) (?:{NAMED})?(?P<rest>.+)", re.I | re.S),
    re.compile(rf"(?:make|put) {NAMED}(?P<rest>.+)", re.I | re.S),
    re.compile(rf"(?:new )?{KIND}: ?(?P<rest>.+)", re.I | re.S),
    re.compile(rf"new {KIND} (?P<rest>.+)", re.I | re.S),
    re.compile(r"to-?do (?P<rest>.+)", re.I | re.S),
)
PUT_ON_LIST = re.compile(r"put (?P<rest>.+)", re.I | re.S)
OBLIGATION = re.compile(
    r"(?:i|we) (?:need to|have to|must|should|ought to|have got to|gotta) (?P<rest>.+)", re.I | re.S
)
NOT_AN_OBLIGATION = _split_words(
    "add be cancel check clear complete create delete do drop edit erase find finish forget have "
    "know list look move reopen remove rename reschedule search see show tell think trash undo"
)
PART_OF_A_TASK = re.compile(
    r"(?:an? |the |another |new )*(?:labels?|tags?|notes?|reminders?|subtasks?|comments?|projects?|sections?"
    r"|filters?|deadlines?|due|priority|priorities|descriptions?)\b",
    re.I,
)
"""What can't be added by words yet; a task of that name would be a guess."""

COUNT = r"(?:\d+|two|three|four|five|six|seven|eight|nine|ten|some|several|many|few|both|multiple|more)"
COLLECTIVE = re.compile(
    rf"(?:(?:all|any|anything|both|each|every|everybody|everything|most|others?|rest|them|these|those|whole|entire"
    rf"|nothing)\b|{COUNT} (?:of|other|more|tasks|to-?dos|items)\b|(?:tasks|to-?dos|items)\b"
    r"|\d+(?: ?(?:,|&|-|–|to|and|or) ?\d+)+$)",
    re.I,
)
PLURAL_END = re.compile(rf"\b(?:{KIND}s|lists?)$", re.I)
PRONOUNS = frozenset(
    {
        "it",
        "that",
        "this",
        "one",
        "the one",
        "that one",
        "this one",
        "him",
        "her",
        "me",
        "us",
        "they",
        "everyone",
    }
)
