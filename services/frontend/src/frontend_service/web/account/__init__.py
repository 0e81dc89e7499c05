"""Pages of an account: signing in and out, profile, API tokens, import, calendar, deletion."""
