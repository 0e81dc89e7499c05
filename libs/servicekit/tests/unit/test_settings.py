"""A service starts only with what makes it safe."""

import pytest
from pydantic import ValidationError

from contracts.names import App
from servicekit.settings import ServiceSettings

SAFE = {
    "app": App.TASK,
    "environment": "production",
    "APP_API_TOKEN": "a",
    "DAPR_API_TOKEN": "b",
    "database_url": "postgresql+asyncpg://db/task",
}


class TestServiceSettings:
    def test_need_nothing_in_development(self) -> None:
        assert ServiceSettings(app=App.TASK).own_database_url.endswith("/task.db")

    def test_of_production_are_taken_when_safe(self) -> None:
        assert ServiceSettings.model_validate(SAFE).environment == "production"

    @pytest.mark.parametrize(
        ("missing", "sentence"),
        [
            ("APP_API_TOKEN", "anyone in the network could forge events"),
            ("DAPR_API_TOKEN", "anyone in the pod could use the sidecar"),
            ("database_url", "replicas need PostgreSQL"),
        ],
    )
    def test_of_production_are_refused_in_one_sentence(self, missing: str, sentence: str) -> None:
        with pytest.raises(ValidationError, match=sentence):
            ServiceSettings.model_validate({name: value for name, value in SAFE.items() if name != missing})
