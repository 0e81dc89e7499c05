"""Webhooks: a signed POST that the receiver can verify, and tell from a repeat.

    Todo-Delivery: the id of the delivery, the same at every try
    Todo-Signature: t=<Unix time>,v1=<hex>[,v1=<hex>]     HMAC-SHA256 of `<t>.<body>`, one for each secret

The time is signed too, so that a receiver can refuse a replayed request; two secrets are active during a
rotation, so that none is lost. Any 2xx is delivered; everything else, a redirect included, is tried again
for 24 hours. 410 ends it.
"""

import hmac
import secrets
import time
from collections.abc import Sequence

import aiohttp
import orjson

from notification_service.channels.delivery_job import DeliveryJob, SendResult, parse_retry_after
from notification_service.channels.keys import ChannelKeys
from notification_service.channels.ssrf import describe_failure

DELIVERY_HEADER = "Todo-Delivery"
SIGNATURE_HEADER = "Todo-Signature"
TIMEOUT_SECONDS = 10
MAX_SECRETS = 2
"""How many are active: the newest, and the one before it, until the receiver knows the new one."""


def generate_secret() -> str:
    return f"whsec_{secrets.token_urlsafe(32)}"


def sign_body(body: bytes, active: Sequence[str], at: int) -> str:
    """The value of `Todo-Signature` for a body sent at Unix time `at`."""
    signed = f"{at}.".encode() + body
    macs = [hmac.digest(secret.encode(), signed, "sha256").hex() for secret in active]
    return ",".join([f"t={at}", *(f"v1={mac}" for mac in macs)])


class WebhookSender:
    """Calls webhooks, through a session that refuses private addresses."""

    def __init__(
        self, session: aiohttp.ClientSession, keys: ChannelKeys, *, seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self._session = session
        self._keys = keys
        self._limit = aiohttp.ClientTimeout(total=seconds)

    async def send(self, job: DeliveryJob) -> SendResult:
        channel = job.channel
        body = orjson.dumps({"type": job.notification.kind, "data": job.render_content()})
        active = [self._keys.decrypt(encrypted, channel.id) for encrypted in channel.keys["secrets"]]
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "todo-webhooks/1",
            DELIVERY_HEADER: job.delivery.id,
            SIGNATURE_HEADER: sign_body(body, active, int(time.time())),
        }
        try:
            async with self._session.post(
                channel.target, data=body, headers=headers, allow_redirects=False, timeout=self._limit
            ) as response:
                return _classify_response(response)
        except TimeoutError:
            return SendResult("retry", "no response in time")
        except (aiohttp.ClientError, OSError) as error:
            return SendResult("retry", describe_failure(error))


def _classify_response(response: aiohttp.ClientResponse) -> SendResult:
    if 200 <= response.status < 300:
        return SendResult("delivered", status=response.status)
    if response.status == 410:
        return SendResult("channel_gone", "the receiver answered 410 Gone", response.status)
    if 300 <= response.status < 400:
        return SendResult("retry", "redirects are not followed", response.status)
    retry_after = parse_retry_after(response.headers.get("retry-after"))
    return SendResult("retry", f"the receiver answered {response.status}", response.status, retry_after)
