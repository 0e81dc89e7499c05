"""What a person reads when something can't go on."""


class CommandError(Exception):
    """Ends the command with this message, without a stack trace."""
