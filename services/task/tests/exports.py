"""What two exports must have in common, for tests."""

from typing import Any

import orjson


def canonical(file: bytes) -> dict[str, Any]:
    """An export with places in the file instead of ids, and without what importing gives anew."""
    found: dict[str, Any] = orjson.loads(file)
    found["tasks"].sort(key=lambda each: (each["created_at"], each["position"], each["occurrence"]))
    places: dict[str, str] = {}
    for kind in ("projects", "labels", "filters", "tasks"):
        places |= {each["id"]: f"{kind} {place}" for place, each in enumerate(found[kind])}
    for each in found["tasks"]:
        if each["series_id"]:
            places.setdefault(each["series_id"], f"the series of {places[each['id']]}")
    for kind in ("projects", "labels", "filters", "tasks"):
        for each in found[kind]:
            for name in ("version", "updated_at", *(["created_at"] if kind != "tasks" else [])):
                del each[name]
            for name in ("id", "parent_id", "project_id", "series_id"):
                if each.get(name):
                    each[name] = places[each[name]]
    del found["exported_at"]
    return found
