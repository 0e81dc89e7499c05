"""What Locust runs: `make load RUNNING=1 USERS=200`."""

from loadtest.scenarios.mix import MixedUser

__all__ = ["MixedUser"]
