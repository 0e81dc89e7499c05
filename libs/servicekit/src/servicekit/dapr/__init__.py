"""The sidecar: the client of its API, and the token by which an app knows it."""
