"""Clients of the other services, and the circuit breakers they share with the gateway."""
