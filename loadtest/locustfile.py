"""What Locust runs: `make load USERS=200`."""

from loadtest.scenarios.mix import MixedUser

__all__ = ["MixedUser"]
