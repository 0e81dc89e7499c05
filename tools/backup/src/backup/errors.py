"""What a person reads when a backup can't be made or brought back."""


class BackupError(Exception):
    """Ends the command with this message, without a stack trace."""
