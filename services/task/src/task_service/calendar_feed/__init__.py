"""Calendar subscription (ICS feed) under a secret URL, for calendar programs, which can't sign in."""
