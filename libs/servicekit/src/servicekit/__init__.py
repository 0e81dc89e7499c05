"""How every service starts, stores, publishes, consumes, fails and is observed."""
