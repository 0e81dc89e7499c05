"""What a message asks for."""

import pytest
from chat_service.intents import Add, Complete, Delete, Help, Intent, List, Reopen, Unclear, understand
from hypothesis import given
from hypothesis import strategies as st

EXAMPLES: dict[str, Intent] = {
    "add buy milk": Add("buy milk"),
    "Please add buy milk to my list, thanks!": Add("buy milk"),
    "create a new task called call mom": Add("call mom"),
    "new task: water the plants": Add("water the plants"),
    "todo: pay rent": Add("pay rent"),
    "remind me to pay rent": Add("pay rent"),
    "I need to call the bank": Add("call the bank"),
    "put eggs on my list": Add("eggs"),
    'add "delete the logs"': Add("delete the logs"),
    "list": List(),
    "show me my tasks": List(),
    "What do I have to do today?": List(),
    "what's on my list": List(),
    "find milk": List("milk"),
    "show tasks about taxes": List("taxes"),
    "complete buy milk": Complete("buy milk"),
    "mark the task buy milk as done": Complete("buy milk"),
    "buy milk is done": Complete("buy milk"),
    "done with 2": Complete("2"),
    "I finished the report": Complete("report"),
    "tick off no. 3": Complete("no. 3"),
    "reopen milk": Reopen("milk"),
    "mark milk as not done": Reopen("milk"),
    "delete 2": Delete("2"),
    "remove milk from my list": Delete("milk"),
    "get rid of the old chair": Delete("old chair"),
    "help": Help(),
    "what can you do?": Help(),
    "hello there": Unclear(),
    "add": Unclear(),
    "add task": Unclear(),
    "delete": Unclear(),
    "": Unclear(),
    "milk": Unclear(),
}


class TestUnderstand:
    @pytest.mark.parametrize("text", EXAMPLES)
    def test_knows_what_is_meant(self, text: str) -> None:
        assert understand(text) == EXAMPLES[text]

    @given(st.text(max_size=300))
    def test_takes_any_text(self, text: str) -> None:
        assert isinstance(understand(text), Intent)

    def test_is_quick_with_hostile_text(self) -> None:
        """Every pattern on a long text that almost fits."""
        for text in ("please " * 280, "mark " + "as done " * 240, "add " + " to my list" * 180):
            understand(text)
