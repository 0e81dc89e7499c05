"""HTTP: routes, admission control, idempotency keys, pagination, validation of requests."""
