"""Passwords are kept as Argon2id hashes.

Parameters: 19 MiB, 2 passes, 1 lane, the least the OWASP Password Storage Cheat Sheet allows for Argon2id
(RFC 9106 explains them); hashes say their own, so these can be raised later. Hashing
costs tens of milliseconds of CPU, so it runs in threads, as many at once as there are processors, and
whoever would have to wait for long is refused at once: a storm of sign-ins is felt in no other request.
"""

import asyncio
import os
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from user_service.errors import SignInBusy

MAX_QUEUED = 64
"""Passwords that may wait to be hashed in one process, beside those that are being hashed."""

T = TypeVar("T")


class HashingQueue:
    """Runs work in threads, some at once and some waiting; what is more is refused."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="passwords")
        self._room = at_once + waiting

    async def run(self, work: Callable[..., T], *given: str) -> T:
        """Raises `SignInBusy` at once if too many wait already."""
        if not self._room:
            raise SignInBusy(headers={"Retry-After": "2"})
        self._room -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)
        finally:
            self._room += 1


_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_queue = HashingQueue(os.cpu_count() or 1, MAX_QUEUED)
_DUMMY_HASH = _hasher.hash("nobody has this password")


async def hash_password(password: str) -> str:
    """Raises `SignInBusy`."""
    return await _queue.run(_hasher.hash, _normalize_nfc(password))


async def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether `password` is the one. Takes as long for an account that does not exist (None).

    Raises `SignInBusy`.
    """
    right = await _queue.run(_matches_any_form, password, password_hash or _DUMMY_HASH)
    return right and password_hash is not None


def _matches_any_form(password: str, password_hash: str) -> bool:
    """Also as it was typed, for hashes from before passwords were composed."""
    return any(
        _matches_hash(each, password_hash) for each in dict.fromkeys((_normalize_nfc(password), password))
    )


def _matches_hash(password: str, password_hash: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def _normalize_nfc(password: str) -> str:
    """The same however a keyboard puts accents together (RFC 8265, section 4.2: NFC)."""
    return unicodedata.normalize("NFC", password)
