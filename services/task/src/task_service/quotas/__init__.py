"""Quotas: how much one account keeps here, counted with every write and limited in its transaction."""
