"""Settings of the task service."""

from pydantic import Field

from contracts.names import App
from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    app: App = App.TASK
    public_url: str = "http://localhost"
    """Where people reach the system; what calendar programs are given begins with it."""

    quota_tasks: int = Field(default=50_000, ge=0)
    """Tasks one account may have outside the trash, done ones included."""
    quota_bytes_of_text: int = Field(default=50 * 2**20, ge=0)
    """Titles and notes of these tasks, in UTF-8."""
    quota_trashed_tasks: int = Field(default=50_000, ge=0)
    """Tasks in the trash; the oldest leave it early where more come."""
    quota_bytes_in_trash: int = Field(default=50 * 2**20, ge=0)
    quota_projects: int = Field(default=2_000, ge=0)
    quota_trashed_projects: int = Field(default=2_000, ge=0)
    quota_labels: int = Field(default=2_000, ge=0)
    quota_filters: int = Field(default=500, ge=0)
    quota_bytes_of_history: int = Field(default=100 * 2**20, ge=0)
    """Activity of all tasks; the oldest entries make room for new ones."""
