"""ClientIdentifier of the other services, and the circuit circuit_breakers they share with the gateway."""
