"""Settings, read from the environment.

Which database, and as whom, is told by libpq's own variables (PGHOST, PGUSER, PGDATABASE, PGSSLMODE, …): all
programs of PostgreSQL and asyncpg read them.
"""

from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class StoreSettings(BaseSettings):
    """An object store that speaks S3, and one bucket of it."""

    model_config = SettingsConfigDict(env_prefix="BACKUP_STORE_", extra="ignore")

    endpoint: str = Field(pattern="^https?://[^/]+$")
    """URL without a path, e.g. https://fra1.digitaloceanspaces.com."""

    bucket: str = Field(min_length=3)
    region: str = "us-east-1"
    """What the store calls its place; only part of the signature where there is but one."""

    access_key: SecretStr
    secret_key: SecretStr


class KafkaSettings(BaseSettings):
    """How the service whose database it is reaches Kafka: the variables its sidecar has."""

    model_config = SettingsConfigDict(env_prefix="KAFKA_", extra="ignore")

    brokers: str = ""
    """host:port, by commas; empty: nothing is told again."""

    auth_type: Literal["none", "password"] = "password"
    disable_tls: bool = False
    ca_cert: str = ""
    """PEM; empty: what the system trusts."""

    sasl_mechanism: Literal["SHA-256", "SHA-512"] = "SHA-512"
    sasl_username: str = ""
    sasl_password: SecretStr = SecretStr("")


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="BACKUP_", extra="ignore")

    database: str = Field(default="", validation_alias="PGDATABASE")
    """Name of the database, which is also the folder of its backups."""

    recipients: str = ""
    """Public keys of age (`age1…`), by blanks: each of them alone can open what is encrypted for all."""

    identity_file: Path | None = None
    """A file with the secret key of one recipient (`AGE-SECRET-KEY-1…`)."""

    max_age_hours: float = Field(default=26, gt=0)
    """Of the newest backup, for a restore test to pass."""

    connect_seconds: float = Field(default=60, ge=0)
    """How long a database that can't be reached is tried again."""

    lock_seconds: float = Field(default=30, ge=0)
    """How long a restore waits for somebody else's transaction; services should be at rest."""

    at: str = ""
    """Which backup to bring back, by its name; the newest if empty."""

    since: AwareDatetime | None = None
    """Which moment the database was recovered to, for a service to hear again what was told since."""

    events: Literal["again", "leave"] = "again"
    """Whether a restored service hears again what was told since the backup."""

    @field_validator("at")
    @classmethod
    def trim(cls, value: str) -> str:
        return value.strip()
