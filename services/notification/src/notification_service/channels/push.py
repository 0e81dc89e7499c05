"""Web push (RFC 8030): encrypted for the browser (RFC 8291), signed as this server (RFC 8292)."""

import time
from typing import Any

import aiohttp
import orjson
from pywebpush import WebPusher
from yarl import URL

from notification_service.channels.delivery_job import DeliveryJob, SendResult, parse_retry_after
from notification_service.channels.keys import ChannelKeys
from notification_service.channels.ssrf import describe_failure

TTL_SECONDS = 24 * 3600
"""How long the push service keeps it for a browser that is away."""
TOKEN_SECONDS = 12 * 3600
GONE = (404, 410)
TEXT_LIMIT = 1000
"""A push message has at most about 4,000 bytes."""


class PushSender:
    """Hands messages to push services, through a session that refuses private addresses."""

    def __init__(self, session: aiohttp.ClientSession, keys: ChannelKeys, contact: str) -> None:
        self._session = session
        self._keys = keys
        self._contact = contact

    async def send(self, job: DeliveryJob) -> SendResult:
        endpoint = job.channel.target
        try:
            async with self._session.post(
                endpoint,
                data=self._encrypt_content(job),
                headers=self._build_headers(job),
                allow_redirects=False,
            ) as response:
                return _classify_response(response)
        except TimeoutError:
            return SendResult("retry", "no response in time")
        except (aiohttp.ClientError, OSError) as error:
            return SendResult("retry", describe_failure(error))

    def _encrypt_content(self, job: DeliveryJob) -> bytes:
        content = job.render_content() | {"delivery_id": job.delivery.id}
        content["title"], content["text"] = content["title"][:TEXT_LIMIT], content["text"][:TEXT_LIMIT]
        subscription = {"endpoint": job.channel.target, "keys": job.channel.keys}
        encoded: Any = WebPusher(subscription).encode(orjson.dumps(content), content_encoding="aes128gcm")
        return bytes(encoded["body"])

    def _build_headers(self, job: DeliveryJob) -> dict[str, str]:
        origin = str(URL(job.channel.target).origin())
        claims = {"sub": self._contact, "aud": origin, "exp": int(time.time()) + TOKEN_SECONDS}
        signed: dict[str, str] = self._keys.vapid.sign(claims)
        topic = job.notification.id.replace("-", "")
        headers = {
            "Content-Encoding": "aes128gcm",
            "TTL": str(TTL_SECONDS),
            "Urgency": "high",
            "Topic": topic,
        }
        return signed | headers


def _classify_response(response: aiohttp.ClientResponse) -> SendResult:
    if 200 <= response.status < 300:
        return SendResult("sent", status=response.status)
    message = f"the push service answered {response.status}"
    if response.status in GONE:
        return SendResult("channel_gone", f"{message}: unsubscribed", response.status)
    if response.status in (400, 401, 403, 413):
        return SendResult("permanent_failure", message, response.status)
    return SendResult(
        "retry", message, response.status, parse_retry_after(response.headers.get("retry-after"))
    )
