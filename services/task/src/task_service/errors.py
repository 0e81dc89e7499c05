"""Errors of the task service."""

from servicekit.errors import Invalid


class NotAvailableYet(Invalid):
    code = "not-available-yet"
    title = "This part of the contract is not built yet"


class NoSuchParent(Invalid):
    code = "no-such-parent"
    title = "There is no such task to be the parent"
