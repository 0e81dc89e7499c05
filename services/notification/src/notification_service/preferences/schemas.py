"""What the API takes and shows of preferences."""

from datetime import time

from pydantic import Field

from servicekit.web.schemas import MergePatch, ResponseModel, WallClock


class PreferencesPatch(MergePatch):
    """Times are wall-clock times in the user's zone; null switches off, or back to the default."""

    quiet_from: WallClock | None = None
    """When quiet hours begin: what is due then waits until they end."""
    quiet_to: WallClock | None = Field(default=None, description="may be after midnight")
    day_starts_at: WallClock = Field(default=time(9), description="when a day without a time counts as due")
    default_reminder: int | None = Field(
        default=None,
        ge=0,
        le=525_600,
        strict=True,
        description="minutes before due; for open tasks with a time and no reminders of their own",
    )
    digest_at: WallClock | None = Field(default=None, description="time of the daily digest")


class PreferencesRead(ResponseModel):
    """Preferences for notifications."""

    time_zone: str
    """Of the account, as last heard of it."""
    quiet_from: WallClock | None
    """When quiet hours begin; null: there are none."""
    quiet_to: WallClock | None
    """When quiet hours end; may be after midnight."""
    day_starts_at: WallClock
    """When a day without a time counts as due."""
    default_reminder: int | None
    """Minutes before due, for open tasks with a time and no reminders; null: none."""
    digest_at: WallClock | None
    """Time of the daily digest; null: there is none."""
    email_available: bool
    """Whether this server sends mail."""
    push_key: str
    """What a browser subscribes to push with (`applicationServerKey`)."""
