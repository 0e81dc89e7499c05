"""`Idempotency-Key`: the first answer to a request is kept for 24 hours and given again.

The key is claimed and the answer stored in the transaction of the effect, so both are there or
neither is. Requests that fail change nothing and store nothing: the key stays free. Answers can hold
personal data and tokens, so they are sealed with the key itself, of which only a hash is stored.
"""

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Request
from sqlalchemy import and_, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col
from starlette.responses import Response

from servicekit.aside import inserting, put_aside
from servicekit.database import for_both, run_own
from servicekit.errors import Invalid

KEPT = timedelta(hours=24)
HEADER = "idempotency-key"
MAX_KEY_LENGTH = 255
CLAIMING = "claiming"
"""Key in `session.info`: statements in place of `CLAIM` where a service does more with the first one of a
transaction; they give a row for a key that is new."""
CLAIMED = "claimed"
"""Key in `session.info`: for whom that was done, for as long as the transaction lasts."""
STORED_HEADERS = ("content-type", "etag", "location")


class IdempotencyRow(SQLModel, table=True):
    """A request that was served, and the sealed answer to it."""

    __tablename__ = "idempotency"

    owner: str = Field(primary_key=True)
    """User id; without a token `anonymous` and the hash of the request, so strangers share no keys."""
    key_hash: str = Field(primary_key=True)
    request_hash: str
    answer: bytes = b""
    served_at: datetime = Field(index=True)


_TABLE = IdempotencyRow.metadata.tables["idempotency"]
_IS = and_(_TABLE.c.owner == bindparam("by"), _TABLE.c.key_hash == bindparam("hashed"))
_ROW = {each.name: bindparam(each.name, type_=each.type) for each in _TABLE.c}
CLAIM = for_both(
    lambda insert: insert(_TABLE).values(_ROW).on_conflict_do_nothing().returning(_TABLE.c.owner)
)
_EARLIER = select(_TABLE.c.request_hash, _TABLE.c.answer).where(_IS)
_ANSWERS = inserting(
    "answers",
    lambda insert: (new := insert(_TABLE)).on_conflict_do_update(
        index_elements=["owner", "key_hash"], set_={"answer": new.excluded.answer}
    ),
)
_FREE = delete(_TABLE).where(_IS)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to serve a request for the first time."""

    owner: str
    key: str
    request_hash: str

    @property
    def key_hash(self) -> str:
        return hashlib.sha256(self.key.encode()).hexdigest()

    @property
    def row(self) -> dict[str, Any]:
        """As long as there is no answer."""
        asked = {"owner": self.owner, "key_hash": self.key_hash, "request_hash": self.request_hash}
        return asked | {"answer": b"", "served_at": datetime.now(UTC)}

    @property
    def named(self) -> dict[str, Any]:
        """The parameters that find its row."""
        return {"by": self.owner, "hashed": self.key_hash}

    def seal(self, plain: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + AESGCM(self._secret).encrypt(nonce, plain, self.owner.encode())

    def unseal(self, sealed: bytes) -> bytes:
        return AESGCM(self._secret).decrypt(sealed[:12], sealed[12:], self.owner.encode())

    @property
    def _secret(self) -> bytes:
        return hashlib.sha256(b"todo idempotency seal\0" + self.key.encode()).digest()


async def claim_of(request: Request, owner: str) -> Claim | None:
    """What `request` claims, or None if it has no key. Raises `Invalid` for an unusable key.

    owner: user id; empty for a request without a token.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not 0 < len(key) <= MAX_KEY_LENGTH:
        raise Invalid(
            f"Idempotency-Key must have 1 to {MAX_KEY_LENGTH} characters.", code="idempotency-key-invalid"
        )
    asked = f"{request.method} {request.url.path}?{request.url.query}\0".encode() + await request.body()
    request_hash = hashlib.sha256(asked).hexdigest()
    return Claim(owner or f"anonymous {request_hash}", key, request_hash)


async def earlier_answer(session: AsyncSession, claim: Claim) -> Response | None:
    """Claim the key, or return what was answered to it before.

    A second request with the same key waits here until the first one has ended. Raises `Invalid` if
    the key was used for something else.
    """
    if (await run_own(session, session.info.get(CLAIMING, CLAIM), claim.row)).first():
        if not session.in_nested_transaction():
            session.info[CLAIMED] = claim.owner
        return None
    known = (await (await session.connection()).execute(_EARLIER, claim.named)).one()
    return _answer(claim, known)


async def stored_answer(session: AsyncSession, claim: Claim) -> Response | None:
    """What was answered to the key before, claiming nothing. Raises `Invalid` as `earlier_answer` does."""
    known = (await (await session.connection()).execute(_EARLIER, claim.named)).first()
    return _answer(claim, known) if known else None


def _answer(claim: Claim, known: Any) -> Response:
    if known.request_hash != claim.request_hash:
        raise Invalid("This Idempotency-Key was used for another request.", code="idempotency-key-reused")
    return _unpack(claim.unseal(known.answer))


async def keep_answer(session: AsyncSession, claim: Claim, response: Response) -> None:
    """Store `response` with the commit as the answer to `claim`; a refusal frees the key instead."""
    if response.status_code >= 400:
        await (await session.connection()).execute(_FREE, claim.named)
        return
    put_aside(session, _ANSWERS, claim.row | {"answer": claim.seal(_pack(response))})


async def forget(session: AsyncSession) -> None:
    """Drop answers older than 24 hours."""
    before = datetime.now(UTC) - KEPT
    await session.execute(delete(IdempotencyRow).where(col(IdempotencyRow.served_at) < before))


def _pack(response: Response) -> bytes:
    headers = {name: response.headers[name] for name in STORED_HEADERS if name in response.headers}
    return orjson.dumps([response.status_code, headers, bytes(response.body).decode()])


def _unpack(packed: bytes) -> Response:
    status, headers, body = orjson.loads(packed)
    return Response(body, status, {**headers, "Idempotent-Replayed": "true"})
