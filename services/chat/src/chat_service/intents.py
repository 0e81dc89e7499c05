"""What a message asks for, in plain English, without a model.

A message is one intent. What isn't sure is `Unclear` or `Several`, never a guess that changes data:
a question changes nothing, and a verb that could mean two things ("make the report due friday") means none.

Every pattern of `vocabulary` is anchored, so reading takes time in proportion to the length of the message.
"""

import re
from dataclasses import dataclass

from chat_service import vocabulary as vocab
from chat_service.quoting import is_quoted, unquote
from chat_service.vocabulary import View


@dataclass(frozen=True, slots=True)
class Add:
    title: str


@dataclass(frozen=True, slots=True)
class List:
    view: View = "open"


@dataclass(frozen=True, slots=True)
class Search:
    words: str


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
class Several:
    """More than one task is to be changed, or one that only the conversation before would tell."""


@dataclass(frozen=True, slots=True)
class Confirm:
    """Yes to what the assistant asked."""


@dataclass(frozen=True, slots=True)
class Decline:
    """No to what the assistant asked."""


@dataclass(frozen=True, slots=True)
class Help:
    pass


@dataclass(frozen=True, slots=True)
class Unclear:
    pass


Change = Complete | Reopen | Delete
Intent = Add | List | Search | Change | Several | Confirm | Decline | Help | Unclear


def understand(text: str) -> Intent:
    """The intent of a message of any length and content."""
    said = _strip_thanks(" ".join(text.split()))
    said = said[_length(vocab.GREETING, said) :]
    requested = _length(vocab.REQUEST, said)
    plain = said[requested:].rstrip(vocab.EDGES)
    asks = not requested and (
        text.rstrip().endswith(("?", "؟", "？")) or vocab.QUESTION.match(plain) is not None
    )
    known = _read_answer(plain) or _read_listing(plain)
    if known or asks or not plain:
        return known or Unclear()
    return _read_change(plain) or _read_addition(plain) or Unclear()


def _strip_thanks(text: str) -> str:
    words = text.split(" ")
    while words and words[-1].strip(vocab.EDGES).lower() in vocab.THANKS:
        words.pop()
    return " ".join(words)


def _is_question(text: str, plain: str) -> bool:
    return text.rstrip().endswith(vocab.QUESTION_MARKS) or vocab.QUESTION.match(plain) is not None


def _length(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.match(text)
    return match.end() if match else 0


def _read_answer(plain: str) -> Intent | None:
    said = plain.lower().replace(",", "").replace("’", "'") if len(plain) < vocab.TAIL else ""
    if said in vocab.HELP:
        return Help()
    if said in vocab.YES:
        return Confirm()
    return Decline() if said in vocab.NO else None


def _read_listing(plain: str) -> Intent | None:
    match = vocab.SEARCH.fullmatch(plain)
    if match:
        words = _unquoted(match["rest"])
        return Search(words) if words else None
    if not vocab.LISTING.match(plain):
        return None
    left = [word for word in map(_bare, plain.lower().split(" ")) if word not in vocab.FILLERS]
    view = vocab.VIEWS.get(" ".join(left)) if len(left) < 2 else None
    return List(view) if view else None


def _bare(word: str) -> str:
    """Without the possessive: "today's" is today."""
    plain = word.strip(vocab.EDGES).replace("’", "'")
    return plain if plain in vocab.FILLERS else plain.removesuffix("'s")


def _read_change(plain: str) -> Intent | None:
    match = vocab.MARK.fullmatch(plain)
    if match:
        rest = match["rest"].removeprefix("off ")
        for ending, made in ((vocab.AS_OPEN, Reopen), (vocab.AS_DONE, Complete)):
            target = _without(ending, rest)
            if target is not None:
                return _change(made, target)
    for pattern, verb in ((vocab.REOPEN, Reopen), (vocab.COMPLETE, Complete), (vocab.DELETE, Delete)):
        match = pattern.fullmatch(plain)
        if match:
            rest = match["rest"]
            return _change(verb, _off_list(rest) if verb is Delete else rest)
    target = _without(vocab.IS_DONE, plain)
    return None if target is None else _change(Complete, target)


def _change(kind: type[Complete] | type[Reopen] | type[Delete], target: str) -> Intent:
    if is_quoted(target):
        return kind(target)
    plain = target.strip(vocab.EDGES + "#")
    named = plain[_length(vocab.WHICH, plain) :].strip(vocab.EDGES + "#")
    if not named:
        return Several()
    refers = (
        named.lower() in vocab.PRONOUNS
        or vocab.COLLECTIVE.match(named)
        or vocab.PLURAL_END.search(named[-vocab.TAIL :])
    )
    return Several() if refers else kind(named)


def _read_addition(plain: str) -> Intent | None:
    for pattern in vocab.ADD:
        match = pattern.fullmatch(plain)
        if match:
            return _addition(_off_list(match["rest"]))
    match = vocab.PUT_ON_LIST.fullmatch(plain)
    if match and _off_list(match["rest"]) != match["rest"]:
        return _addition(_off_list(match["rest"]))
    match = vocab.OBLIGATION.fullmatch(plain)
    if match and match["rest"].partition(" ")[0].lower() not in vocab.NOT_AN_OBLIGATION:
        return _addition(match["rest"])
    return None


def _addition(title: str) -> Intent:
    said = _unquoted(title)
    named = said if is_quoted(title) else said[_length(vocab.WHICH, said + " ") :]
    if (
        not named
        or vocab.PART_OF_A_TASK.match(said)
        or (not is_quoted(title) and vocab.COLLECTIVE.match(said))
    ):
        return Unclear()
    return Add(said)


def _off_list(text: str) -> str:
    """Without "to my list" and the like."""
    shorter = _without(vocab.ON_LIST, text)
    return text if shorter is None else shorter


def _without(ending: re.Pattern[str], text: str) -> str | None:
    """`text` without what `ending` finds at its end; None where it finds nothing."""
    start = max(0, len(text) - vocab.TAIL)
    match = ending.search(text[start:])
    return text[: start + match.start()] if match else None


def _unquoted(text: str) -> str:
    return unquote(text.strip(vocab.EDGES)).strip(vocab.EDGES)
