"""Passwords are kept as Argon2id hashes.

Parameters: the OWASP Password Storage Cheat Sheet's first choice (19 MiB, 2 passes, 1 lane). Hashing
costs tens of milliseconds of CPU, so it runs in threads, as many at once as there are processors:
a storm of sign-ins waits here and not in every other request.
"""

import asyncio
import os

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_turns = asyncio.Semaphore(os.cpu_count() or 1)
_NOBODY = _hasher.hash("nobody has this password")


async def hash_password(password: str) -> str:
    async with _turns:
        return await asyncio.to_thread(_hasher.hash, password)


async def verify(password: str, password_hash: str | None) -> bool:
    """Whether `password` is the one. Takes as long for an account that does not exist (None)."""
    async with _turns:
        right = await asyncio.to_thread(_matches, password, password_hash or _NOBODY)
    return right and password_hash is not None


def _matches(password: str, password_hash: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
