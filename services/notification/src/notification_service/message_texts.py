"""What entries of the inbox say."""

from yarl import URL

from contracts.imports import ImportFinished
from notification_service.models import Channel

CHANNELS = {"email": "E-mail to {}", "webhook": "Your webhook at {}", "push": "Notes in a browser of yours"}


def describe_import(event: ImportFinished) -> tuple[str, str]:
    """Title and text about a file that was taken in, or given up."""
    if event.failure:
        return f"The import from {event.source} failed", _describe_added(event) + event.failure
    parts = [f"Imported {_format_count(event.added, 'task')} from {event.source}"]
    if event.skipped:
        parts.append(f"{event.skipped:,} {'was' if event.skipped == 1 else 'were'} there already")
    if event.losses:
        parts.append(f"{_format_count(event.losses, 'thing')} could not be taken over")
    return ", ".join(parts), ""


def describe_disabled(channel: Channel) -> tuple[str, str]:
    return f"{_name_channel(channel)}: switched off", channel.note


def describe_failing(channel: Channel, error: str) -> tuple[str, str]:
    return f"{_name_channel(channel)}: not delivered", f"It was given up. The last try: {error}"


def describe_dropped(number: int, limit: int) -> tuple[str, str]:
    return (
        f"{_format_count(number, 'delivery', 'deliveries')} to your channels given up",
        f"More than {limit:,} were waiting. They can be sent again by hand.",
    )


def _describe_added(event: ImportFinished) -> str:
    return f"{_format_count(event.added, 'task')} had been added. " if event.added else ""


def _name_channel(channel: Channel) -> str:
    where = channel.target if channel.kind == "email" else URL(channel.target).host
    return CHANNELS[channel.kind].format(where)


def _format_count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
