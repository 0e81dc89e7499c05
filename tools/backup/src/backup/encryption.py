"""Encrypts and decrypts streams in the format of age (age-encryption.org/v1), as its own program does.

Encryption needs public keys only, so who makes backups can't read old ones. The format is authenticated: a
stream that is changed or cut does not open.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import pyrage

from backup.errors import BackupError


def parse_recipients(text: str) -> list[pyrage.x25519.Recipient]:
    """Public keys by blanks. Raises `BackupError` for none, and for what is no key."""
    words = text.split()
    if not words:
        raise BackupError("BACKUP_RECIPIENTS is empty: nobody could ever open this backup.")
    try:
        return [pyrage.x25519.Recipient.from_str(word) for word in words]
    except pyrage.RecipientError as error:
        raise BackupError(f"BACKUP_RECIPIENTS: {error}") from error


def read_identity(file: Path | None) -> pyrage.x25519.Identity:
    """The secret key in a file, around which comments may stand. Raises `BackupError` for none."""
    if file is None:
        raise BackupError("BACKUP_IDENTITY_FILE is not set: there is no key to open backups with.")
    try:
        lines = file.read_text().splitlines()
    except OSError as error:
        raise BackupError(f"The key can't be read: {error}") from error
    for line in lines:
        if line.startswith("AGE-SECRET-KEY-"):
            try:
                return pyrage.x25519.Identity.from_str(line.strip())
            except pyrage.IdentityError as error:
                raise BackupError(f"{file}: {error}") from error
    raise BackupError(f"{file} holds no line that begins with AGE-SECRET-KEY-.")


def encrypt_stream(
    source: IO[bytes], target: IO[bytes], recipients: Sequence[pyrage.x25519.Recipient]
) -> None:
    """Everything of `source`, encrypted, into `target`; neither is closed."""
    pyrage.encrypt_io(source, target, recipients)


def decrypt_stream(source: IO[bytes], target: IO[bytes], identity: pyrage.x25519.Identity) -> None:
    """Raises `BackupError` if it was encrypted for others, was changed or is cut; by then a beginning of it,
    each part of which is right, may have been written.
    """
    try:
        pyrage.decrypt_io(source, target, [identity])
    except BrokenPipeError:
        raise  # of `target`
    except (pyrage.DecryptError, OSError) as error:
        raise BackupError(f"The dump does not open: {error}") from error


def generate_key(file: Path) -> str:
    """Makes a pair of keys and writes the secret one into a new file; the public one is returned."""
    identity = pyrage.x25519.Identity.generate()
    recipient = str(identity.to_public())
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BackupError(f"The key can't be written: {error}") from error
    with os.fdopen(descriptor, "w") as opened:
        opened.write(f"# public key: {recipient}\n{identity}\n")
    return recipient
