"""The API gateway: authentication, rate limits and load shedding in front of every service."""
