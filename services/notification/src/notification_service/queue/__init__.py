"""The queue of deliveries: whose is sent next."""
