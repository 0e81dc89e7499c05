"""`Idempotency-Key`: the first response to a request is kept for 24 hours and given again.

The key is claimed and the response stored in the transaction of the effect, so both are there or
neither is. Requests that fail change nothing and store nothing: the key stays free. Answers can hold
personal data and tokens, so they are encrypted with the key itself, of which only a hash is stored.
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

from servicekit.errors import Invalid
from servicekit.persistence.database import build_per_dialect, execute_per_dialect
from servicekit.persistence.deferred_inserts import create_deferred_insert, defer_rows

RETENTION = timedelta(hours=24)
HEADER = "idempotency-key"
MAX_KEY_LENGTH = 255
CLAIMING = "claiming"
"""Key in `session.info`: statements in place of `CLAIM` where a service does more with the first one of a
transaction; they give a row for a key that is new."""
CLAIMED = "claimed"
"""Key in `session.info`: for whom that was done, for as long as the transaction lasts."""
STORED_HEADERS = ("content-type", "etag", "location")


class IdempotencyRow(SQLModel, table=True):
    """A request that was served, and the encrypted answer to it."""

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
CLAIM = build_per_dialect(
    lambda insert: insert(_TABLE).values(_ROW).on_conflict_do_nothing().returning(_TABLE.c.owner)
)
_EARLIER = select(_TABLE.c.request_hash, _TABLE.c.answer).where(_IS)
_RESPONSES = create_deferred_insert(
    "responses",
    lambda insert: (new := insert(_TABLE)).on_conflict_do_update(
        index_elements=["owner", "key_hash"], set_={"answer": new.excluded.answer}
    ),
)
_FREE = delete(_TABLE).where(_IS)


@dataclass(frozen=True, slots=True)
class IdempotencyClaim:
    """The right to serve a request for the first time."""

    owner: str
    key: str
    request_hash: str

    @property
    def key_hash(self) -> str:
        return hashlib.sha256(self.key.encode()).hexdigest()

    @property
    def row(self) -> dict[str, Any]:
        """As long as there is no response."""
        columns = {"owner": self.owner, "key_hash": self.key_hash, "request_hash": self.request_hash}
        return columns | {"answer": b"", "served_at": datetime.now(UTC)}

    @property
    def named(self) -> dict[str, Any]:
        """The parameters that find its row."""
        return {"by": self.owner, "hashed": self.key_hash}

    def encrypt(self, plain: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + AESGCM(self._secret).encrypt(nonce, plain, self.owner.encode())

    def decrypt(self, encrypted: bytes) -> bytes:
        return AESGCM(self._secret).decrypt(encrypted[:12], encrypted[12:], self.owner.encode())

    @property
    def _secret(self) -> bytes:
        return hashlib.sha256(b"todo idempotency seal\0" + self.key.encode()).digest()


async def parse_claim(request: Request, owner: str) -> IdempotencyClaim | None:
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
    content = f"{request.method} {request.url.path}?{request.url.query}\0".encode() + await request.body()
    request_hash = hashlib.sha256(content).hexdigest()
    return IdempotencyClaim(owner or f"anonymous {request_hash}", key, request_hash)


async def claim_key(session: AsyncSession, claim: IdempotencyClaim) -> Response | None:
    """Claim the key, or return what was answered to it before.

    A second request with the same key waits here until the first one has ended. Raises `Invalid` if
    the key was used for something else.
    """
    if (await execute_per_dialect(session, session.info.get(CLAIMING, CLAIM), claim.row)).first():
        if not session.in_nested_transaction():
            session.info[CLAIMED] = claim.owner
        return None
    known = (await (await session.connection()).execute(_EARLIER, claim.named)).one()
    return _restore_response(claim, known)


async def find_stored_response(session: AsyncSession, claim: IdempotencyClaim) -> Response | None:
    """What was answered to the key before, claiming nothing. Raises `Invalid` as `claim_key` does."""
    known = (await (await session.connection()).execute(_EARLIER, claim.named)).first()
    return _restore_response(claim, known) if known else None


def _restore_response(claim: IdempotencyClaim, known: Any) -> Response:
    if known.request_hash != claim.request_hash:
        raise Invalid("This Idempotency-Key was used for another request.", code="idempotency-key-reused")
    return _unpack(claim.decrypt(known.answer))


async def store_response(session: AsyncSession, claim: IdempotencyClaim, response: Response) -> None:
    """Store `response` with the commit as the response to `claim`; a refusal frees the key instead."""
    if response.status_code >= 400:
        await (await session.connection()).execute(_FREE, claim.named)
        return
    defer_rows(session, _RESPONSES, claim.row | {"answer": claim.encrypt(_pack(response))})


async def purge_expired(session: AsyncSession) -> None:
    """Drop answers older than 24 hours."""
    before = datetime.now(UTC) - RETENTION
    await session.execute(delete(IdempotencyRow).where(col(IdempotencyRow.served_at) < before))


def _pack(response: Response) -> bytes:
    headers = {name: response.headers[name] for name in STORED_HEADERS if name in response.headers}
    return orjson.dumps([response.status_code, headers, bytes(response.body).decode()])


def _unpack(packed: bytes) -> Response:
    status, headers, body = orjson.loads(packed)
    return Response(body, status, {**headers, "Idempotent-Replayed": "true"})
