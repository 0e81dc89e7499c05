"""The dead-letter desk: what services gave up is parked, grouped, shown and replayed."""
