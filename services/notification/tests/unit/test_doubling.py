"""Text of recipients takes time in proportion to its length: twice as long, less than three times as much."""

import time
from collections.abc import Callable
from functools import partial

import pytest
from notification_service.channels import ssrf
from notification_service.channels.delivery_job import parse_retry_after
from notification_service.channels.keys import ChannelKeys
from notification_service.channels.mail import MailSender
from notification_service.channels.schemas import ChannelCreate, WebhookCreate
from notification_service.reminders.schemas import ReminderCreate
from notification_service.settings import Settings
from py_vapid import Vapid02
from pydantic import BaseModel, ValidationError

from devstack.credentials import generate_secrets
from services.notification.tests.unit.test_mail import job

TIMES_FOR_DOUBLE = 3
NOISE_SECONDS = 0.05
"""A busy machine adds some hundredths; what is quadratic takes seconds for these texts."""
LENGTH = 4_000
LONGEST_TITLE = 500
"""Characters the contracts let a title have; Python's folding of long header lines is worse than linear."""
PIECES = [
    "a",
    " ",
    "\n",
    "\t",
    ".",
    "-",
    "a.",
    "@",
    "%",
    "%41",
    "[",
    ":",
    "/",
    "..",
    "é",
    "a-",
    "<",
    "&",
    "\\",
]
PIECES += ["😀", "\u0301", "0", "0x", "1.", "::", "?", "#", "xn--", "ß"]
SECRET = generate_secrets()["notification"]
KEYS = ChannelKeys(SECRET["key"], Vapid02.from_pem(SECRET["vapid"].encode()))
MAIL = MailSender(Settings(), KEYS)


def url(before: str, text: str) -> None:
    ssrf.validate_url(f"https://{before}{text}", [], https_only=True)


def body(model: type[BaseModel], field: str, text: str) -> None:
    try:
        model.model_validate({"kind": "push", "kinds": ["reminder"], field: text})
    except ValidationError as error:
        error.errors(include_url=False)


READERS: dict[str, Callable[[str], object]] = {
    "a host": partial(url, ""),
    "a path": partial(url, "example.com/"),
    "a user name": partial(url, "user:"),
    "a URL of a webhook": partial(body, WebhookCreate, "url"),
    "a URL of a push service": partial(body, ChannelCreate, "endpoint"),
    "a title of a reminder": partial(body, ReminderCreate, "title"),
    "an unsubscribe token": KEYS.verify_unsubscribe_token,
    "a header of a receiver": parse_retry_after,
    "a text in a mail": lambda text: MAIL._build_message(job(text=text)).as_bytes(),
}


def seconds(read: Callable[[str], object], text: str) -> float:
    """CPU time to read it, the best of three."""
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        read(text)
        best = min(best, time.process_time() - began)
    return best


@pytest.fixture(autouse=True)
def without_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit would hide what lies behind it."""
    monkeypatch.setattr(ssrf, "MAX_URL_LENGTH", 10**9)


class TestText:
    @pytest.mark.parametrize("reader", READERS)
    def test_takes_time_in_proportion_to_its_length(self, reader: str) -> None:
        for piece in PIECES:
            text = piece * (LENGTH // len(piece))
            once = seconds(READERS[reader], text)
            for times in (2, 4):
                took = seconds(READERS[reader], text * times)
                assert took < max(once, NOISE_SECONDS / 2) * TIMES_FOR_DOUBLE * times / 2, (
                    piece,
                    times,
                    once,
                )

    @pytest.mark.parametrize("piece", PIECES)
    def test_of_a_subject_ends_soon_at_its_limit(self, piece: str) -> None:
        title = (piece * LONGEST_TITLE)[:LONGEST_TITLE]
        assert seconds(lambda text: MAIL._build_message(job(title=text)).as_bytes(), title) < 0.1
