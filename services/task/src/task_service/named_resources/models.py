"""What projects, labels and saved filters have in common as aggregates: a name, a position, a version."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from contracts.folding import name_key, search_key
from servicekit.web.ids import new_id
from task_service.aggregate import Aggregate
from task_service.fractional_index import last_of_all


class NamedResource(Aggregate):
    """An aggregate that its user finds by a name."""

    if TYPE_CHECKING:
        name: str
        key: str
        position: str

    @classmethod
    def create(cls, user_id: str, values: Mapping[str, Any], now: datetime) -> Self:
        """A new one with these values; without a position it comes last."""
        own = {"id": new_id(), "user_id": user_id, "created_at": now, "updated_at": now}
        place = {"position": values.get("position") or last_of_all()}
        made = cls(**{**values, **cls.keys_of(values["name"]), **place, **own})
        made.record("created")
        return made

    @classmethod
    def keys_of(cls, name: str) -> dict[str, str]:
        """What is stored of a name so that it is found: what it is, and what filters search in."""
        return {"key": name_key(name), "search_key": search_key(name)}

    def update(self, requested: Mapping[str, Any], now: datetime) -> None:
        """Set what differs; where nothing does, nothing happens. A position of None means to stay."""
        changes = {
            name: value
            for name, value in requested.items()
            if getattr(self, name) != value and not (name == "position" and value is None)
        }
        if not changes:
            return
        before = self.values()
        self._set(changes | (self.keys_of(changes["name"]) if "name" in changes else {}))
        self._raise_version("updated", before, now, sorted(changes))

    def delete(self) -> None:
        """Record that it goes for good; whoever calls this removes it from the unit of work."""
        self.record("deleted", self.values())

    def _set(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            setattr(self, name, value)
