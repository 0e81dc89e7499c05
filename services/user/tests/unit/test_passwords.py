"""Passwords: hashed in turn, refused where too many wait, the same however they are typed."""

import asyncio
import threading
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from user_service import passwords
from user_service.errors import SignInBusy
from user_service.passwords import HashingQueue


class TestHashingQueue:
    async def test_refuses_at_once_what_is_too_much_and_goes_on(self) -> None:
        go_on = threading.Event()
        queue = HashingQueue(at_once=1, waiting=2)
        taken = [asyncio.create_task(queue.run(go_on.wait)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(SignInBusy) as refused:
            await queue.run(go_on.wait)
        assert refused.value.headers["Retry-After"]
        go_on.set()
        assert await asyncio.gather(*taken) == [True] * 3
        assert await queue.run(go_on.wait) is True

    async def test_has_room_again_after_an_error(self) -> None:
        queue = HashingQueue(at_once=1, waiting=0)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                await queue.run(lambda: 1 // 0)

    async def test_has_room_again_after_who_waited_went_away(self) -> None:
        go_on = threading.Event()
        queue = HashingQueue(at_once=1, waiting=1)
        first = asyncio.create_task(queue.run(go_on.wait))
        for _ in range(2):
            waiting = asyncio.create_task(queue.run(go_on.wait))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait([waiting])
        go_on.set()
        assert await first is True


class TestVerify:
    @pytest.mark.parametrize("form", ["NFC", "NFD"])
    async def test_takes_accents_however_they_are_put_together(self, form: str) -> None:
        stored = await passwords.hash_password(unicodedata.normalize("NFD", "pässwörd"))
        typed = unicodedata.normalize("NFC" if form == "NFC" else "NFD", "pässwörd")
        assert await passwords.verify_password(typed, stored)
        assert not await passwords.verify_password("passwort", stored)

    async def test_takes_what_was_stored_as_it_was_typed(self) -> None:
        typed = unicodedata.normalize("NFD", "pässwörd")
        assert await passwords.verify_password(typed, passwords._hasher.hash(typed))

    @settings(max_examples=10, deadline=None)
    @given(st.text(min_size=1, max_size=20))
    async def test_takes_every_password_and_no_other(self, password: str) -> None:
        stored = await passwords.hash_password(password)
        assert await passwords.verify_password(password, stored)
        assert not await passwords.verify_password(password + "x", stored)
