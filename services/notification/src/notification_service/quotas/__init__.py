"""Quotas: how much an account may store here, and how often it may ask for something in an hour."""
