"""Signatures of publishers: Ed25519 (RFC 8032), keys as files."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from lnm_desktop.errors import PluginError


def new_key(file: Path) -> str:
    """Make a private key, for its owner's eyes alone; the public part. Raises PluginError where the file exists."""
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise PluginError(
            f"the key {file.name} cannot be written: {error.strerror}", hint="Name a file that does not exist."
        ) from error
    with os.fdopen(descriptor, "wb") as out:
        out.write(text)
    return public_text(key.public_key())


def load_key(file: Path) -> Ed25519PrivateKey:
    """A private key from its file. Raises PluginError."""
    try:
        key = load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise PluginError(
            f"{file.name} is not a private key that can be used", hint="Make one with `lnm plugins keys new`."
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise PluginError(f"{file.name} is not an Ed25519 key", hint="Make one with `lnm plugins keys new`.")
    return key


def public_text(key: Ed25519PublicKey) -> str:
    """A public key as text, 44 characters."""
    return base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def sign(data: bytes, key: Ed25519PrivateKey) -> str:
    """The signature as text."""
    return base64.b64encode(key.sign(data)).decode()


def is_signed(data: bytes, signature: str, public: str) -> bool:
    """True where the signature was made over these bytes with the private part of that key."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(base64.b64decode(signature, validate=True), data)
    except (ValueError, InvalidSignature):
        return False
    return True
