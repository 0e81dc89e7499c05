"""Settings every service has, read from the environment."""

from typing import Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.batch import MAX_EVENTS
from contracts.names import App


class ServiceSettings(BaseSettings):
    """A service subclasses this, sets `app` and adds only what is its own.

    Raises pydantic's `ValidationError` with one sentence per unsafe default outside development.
    """

    model_config = SettingsConfigDict(env_prefix="TODO_", extra="ignore")

    app: App
    environment: Literal["development", "production"] = "development"
    database_url: str = "sqlite+aiosqlite:///.run/data/{app}.db"
    """SQLAlchemy URL; `{app}` stands for the app-id. Each service has its own database."""

    database_pool: int = Field(default=10, ge=1)
    """Connections to PostgreSQL held at most. A small pool keeps the tail of the latency short."""

    database_connect_seconds: float = Field(default=5, gt=0)
    """How long a connection may take, or one to become free, before the database counts as away."""

    events_per_message: int = Field(default=MAX_EVENTS, ge=1, le=MAX_EVENTS)
    """Events of one user that share a message when many wait. 1 while readers run that know no batches."""

    requests_at_once: int = Field(default=16, ge=1)
    """Requests worked on at a time; see `admission` for those that wait and those that are refused."""

    migrate_on_start: bool = True
    log_level: str = "INFO"
    trace_sample_ratio: float = Field(default=1.0, ge=0, le=1)
    metrics: bool = True
    """Off only to measure what metrics cost."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, validation_alias="APP_PORT")
    dapr_http_port: int = Field(default=3500, validation_alias="DAPR_HTTP_PORT")
    dapr_api_token: SecretStr = Field(default=SecretStr(""), validation_alias="DAPR_API_TOKEN")
    app_api_token: SecretStr = Field(default=SecretStr(""), validation_alias="APP_API_TOKEN")
    otlp_endpoint: str = Field(default="", validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")

    @model_validator(mode="after")
    def refuse_unsafe_defaults(self) -> "ServiceSettings":
        """Outside development a service starts only with what makes it safe."""
        if self.environment == "development":
            return self
        if not self.app_api_token.get_secret_value():
            raise ValueError("APP_API_TOKEN is empty: anyone in the network could forge events.")
        if not self.dapr_api_token.get_secret_value():
            raise ValueError("DAPR_API_TOKEN is empty: anyone in the pod could use the sidecar.")
        if self.database_url.startswith("sqlite"):
            raise ValueError("TODO_DATABASE_URL is SQLite: replicas need PostgreSQL.")
        return self

    @property
    def own_database_url(self) -> str:
        """The database URL with the app-id filled in."""
        return self.database_url.replace("{app}", self.app)
