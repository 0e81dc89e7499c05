"""Which existing engine takes over where a part has too little."""

from loadtest.scale.model import Assumed, Need

POOLER = "PgBouncer between pods and PostgreSQL (CloudNativePG's Pooler, by transaction)"


def describe_engine(need: Need, assumed: Assumed) -> str:
    """In words; where one cell can't have as much, that is said."""
    one = need.needed <= need.largest
    note = "" if one else f" One cell has {need.largest:,.0f} at most, so more cells."
    return _choose_engine(need, assumed, one) + note


def _choose_engine(need: Need, assumed: Assumed, one: bool) -> str:
    if need.what.startswith("processes"):
        return f"the HPA's `max` to {need.needed:,.0f}, on more nodes; processes share nothing."
    if need.what.startswith("cores"):
        grown = "a larger server, then a server for each service's database, and read replicas"
        return (
            f"{grown}: nearly all requests read." if one else f"{grown}; beyond that tables sharded by user."
        )
    if need.what.startswith("connections"):
        return f"{POOLER}: {need.needed:,.0f} of pods, of which few are busy at a time."
    if need.what.startswith("relays"):
        return "an outbox partitioned by user with a leader for each part: order is kept by user only."
    if need.what.startswith("partitions"):
        return (
            "more partitions, a consumer each (KEDA by lag); keys are users, so made before they are urgent."
        )
    return f"larger volumes up to {assumed.largest_bytes / 2**40:.0f} TiB, tables partitioned by user."
