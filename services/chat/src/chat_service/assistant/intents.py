"""What a message asks for, in plain English, without a model.

A message is one intent. What isn't sure is `Unclear` or `Several`, never a guess that changes data:
a question changes nothing, and a verb that could mean two things ("make the report due friday") means none.

Every pattern of `vocabulary` is anchored, so reading takes time in proportion to the length of the message.
"""

import re
from dataclasses import dataclass

from chat_service.assistant import vocabulary as vocab
from chat_service.assistant.quoting import is_quoted, unquote
from chat_service.assistant.vocabulary import View


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
class Ambiguous:
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
class Unknown:
    pass


Change = Complete | Reopen | Delete
Intent = Add | List | Search | Change | Ambiguous | Confirm | Decline | Help | Unknown


def parse_intent(text: str) -> Intent:
    """The intent of a message of any length and content."""
    stripped = _strip_thanks(" ".join(text.split()))
    stripped = stripped[_match_length(vocab.GREETING, stripped) :]
    requested = _match_length(vocab.REQUEST, stripped)
    plain = stripped[requested:].rstrip(vocab.EDGES)
    asks = not requested and (
        text.rstrip().endswith(("?", "؟", "？")) or vocab.QUESTION.match(plain) is not None
    )
    known = _parse_answer(plain) or _parse_listing(plain)
    if known or asks or not plain:
        return known or Unknown()
    return _parse_change(plain) or _parse_addition(plain) or Unknown()


def _strip_thanks(text: str) -> str:
    words = text.split(" ")
    while words and words[-1].strip(vocab.EDGES).lower() in vocab.THANKS:
        words.pop()
    return " ".join(words)


def _is_question(text: str, plain: str) -> bool:
    return text.rstrip().endswith(vocab.QUESTION_MARKS) or vocab.QUESTION.match(plain) is not None


def _match_length(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.match(text)
    return match.end() if match else 0


def _parse_answer(plain: str) -> Intent | None:
    normalized = plain.lower().replace(",", "").replace("’", "'") if len(plain) < vocab.TAIL else ""
    if normalized in vocab.HELP:
        return Help()
    if normalized in vocab.YES:
        return Confirm()
    return Decline() if normalized in vocab.NO else None


def _parse_listing(plain: str) -> Intent | None:
    match = vocab.SEARCH.fullmatch(plain)
    if match:
        words = _strip_quotes(match["rest"])
        return Search(words) if words else None
    if not vocab.LISTING.match(plain):
        return None
    left = [word for word in map(_strip_possessive, plain.lower().split(" ")) if word not in vocab.FILLERS]
    view = vocab.VIEWS.get(" ".join(left)) if len(left) < 2 else None
    return List(view) if view else None


def _strip_possessive(word: str) -> str:
    """Without the possessive: "today's" is today."""
    plain = word.strip(vocab.EDGES).replace("’", "'")
    return plain if plain in vocab.FILLERS else plain.removesuffix("'s")


def _parse_change(plain: str) -> Intent | None:
    match = vocab.MARK.fullmatch(plain)
    if match:
        rest = match["rest"].removeprefix("off ")
        for ending, made in ((vocab.AS_OPEN, Reopen), (vocab.AS_DONE, Complete)):
            target = _strip_ending(ending, rest)
            if target is not None:
                return _make_change(made, target)
    for pattern, verb in ((vocab.REOPEN, Reopen), (vocab.COMPLETE, Complete), (vocab.DELETE, Delete)):
        match = pattern.fullmatch(plain)
        if match:
            rest = match["rest"]
            return _make_change(verb, _strip_list_phrase(rest) if verb is Delete else rest)
    target = _strip_ending(vocab.IS_DONE, plain)
    return None if target is None else _make_change(Complete, target)


def _make_change(kind: type[Complete] | type[Reopen] | type[Delete], target: str) -> Intent:
    if is_quoted(target):
        return kind(target)
    plain = target.strip(vocab.EDGES + "#")
    named = plain[_match_length(vocab.WHICH, plain) :].strip(vocab.EDGES + "#")
    if not named:
        return Ambiguous()
    refers = (
        named.lower() in vocab.PRONOUNS
        or vocab.COLLECTIVE.match(named)
        or vocab.PLURAL_END.search(named[-vocab.TAIL :])
    )
    return Ambiguous() if refers else kind(named)


def _parse_addition(plain: str) -> Intent | None:
    for pattern in vocab.ADD:
        match = pattern.fullmatch(plain)
        if match:
            return _make_addition(_strip_list_phrase(match["rest"]))
    match = vocab.PUT_ON_LIST.fullmatch(plain)
    if match and _strip_list_phrase(match["rest"]) != match["rest"]:
        return _make_addition(_strip_list_phrase(match["rest"]))
    match = vocab.OBLIGATION.fullmatch(plain)
    if match and match["rest"].partition(" ")[0].lower() not in vocab.NOT_AN_OBLIGATION:
        return _make_addition(match["rest"])
    return None


def _make_addition(title: str) -> Intent:
    unquoted = _strip_quotes(title)
    named = unquoted if is_quoted(title) else unquoted[_match_length(vocab.WHICH, unquoted + " ") :]
    if (
        not named
        or vocab.PART_OF_A_TASK.match(unquoted)
        or (not is_quoted(title) and vocab.COLLECTIVE.match(unquoted))
    ):
        return Unknown()
    return Add(unquoted)


def _strip_list_phrase(text: str) -> str:
    """Without "to my list" and the like."""
    shorter = _strip_ending(vocab.ON_LIST, text)
    return text if shorter is None else shorter


def _strip_ending(ending: re.Pattern[str], text: str) -> str | None:
    """`text` without what `ending` finds at its end; None where it finds nothing."""
    start = max(0, len(text) - vocab.TAIL)
    match = ending.search(text[start:])
    return text[: start + match.start()] if match else None


def _strip_quotes(text: str) -> str:
    return unquote(text.strip(vocab.EDGES)).strip(vocab.EDGES)
