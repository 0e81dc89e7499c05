"""What a transaction has changed is written, and all that is kept beside it."""
