"""What a transaction has changed is written, with everything that follows from it."""
