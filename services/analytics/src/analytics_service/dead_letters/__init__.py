"""Dead letters: messages that a consumer gave up are stored, grouped, shown and replayed."""
