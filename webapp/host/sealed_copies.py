"""Copies encrypted to a public key: who steals them, or the whole host, reads nothing of the past.

    b"PLATEA-COPIA 1\\n" │ public key made for this copy, 32 bytes │ chunks of 64 KiB, each with a tag of 16

The key of the chunks is HKDF-SHA256 of the X25519 secret that the two keys share, so only the private key of
PLATEA_BACKUP_KEY makes it again; it is not on the host. Each chunk is ChaCha20-Poly1305 under its number and
whether it is the last one: none can be left out, repeated, moved or cut off. Source of the construction: age,
"STREAM" (https://age-encryption.org/v1, "Payload").
"""

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from webapp.setting_checks import COPY_KEY, raw_copy_key

MARK = b"PLATEA-COPIA 1\n"
SUFFIX = ".cifrata"
CHUNK = 65_536
PRIVATE = "platea-privata-"
_TAG, _KEY = 16, 32


class CannotDecrypt(Exception):
    """The copy stays closed; `str()` is the Italian sentence."""


def new_pair() -> tuple[str, str]:
    """A public key for PLATEA_BACKUP_KEY and the private one that opens what is encrypted to it."""
    private = X25519PrivateKey.generate()
    raw = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return COPY_KEY + _text(_public(private)), PRIVATE + _text(raw)


def encrypt(source: Path, target: Path, public_key: str) -> None:
    """*source* into *target*, which only its owner may read. Raises OSError."""
    recipient = raw_copy_key(public_key)
    once = X25519PrivateKey.generate()
    shared = once.exchange(X25519PublicKey.from_public_bytes(recipient))
    cipher = _cipher(shared, _public(once), recipient)
    with source.open("rb") as plain, _new(target) as closed:
        closed.write(MARK + _public(once))
        for number, chunk, is_last in _chunks(plain, CHUNK):
            closed.write(cipher.encrypt(_nonce(number, is_last), chunk, MARK))
        closed.flush()
        os.fsync(closed.fileno())


def decrypt(source: Path, target: Path, private_key: str) -> None:
    """*source* into *target*, a new file. Raises CannotDecrypt and OSError; then it is not there."""
    private = _private(private_key)
    with source.open("rb") as closed, _new(target) as plain:
        try:
            _decrypt(closed, plain, private)
        except BaseException:
            target.unlink()
            raise


def _decrypt(closed: IO[bytes], plain: IO[bytes], private: X25519PrivateKey) -> None:
    name = Path(closed.name).name
    head = closed.read(len(MARK) + _KEY)
    if not head.startswith(MARK) or len(head) < len(MARK) + _KEY:
        raise CannotDecrypt(f"“{name}” non è una copia cifrata di Platea.")
    once = head[len(MARK) :]
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(once))
        cipher = _cipher(shared, once, _public(private))
        for number, chunk, is_last in _chunks(closed, CHUNK + _TAG):
            plain.write(cipher.decrypt(_nonce(number, is_last), chunk, MARK))
    except (InvalidTag, ValueError):  # ValueError: a public key that shares nothing
        raise CannotDecrypt(
            f"“{name}” non si apre: la chiave è un’altra, oppure il file è rovinato o incompleto."
        ) from None


def is_encrypted(path: Path) -> bool:
    with path.open("rb") as opened:
        return opened.read(len(MARK)) == MARK


def _private(text: str) -> X25519PrivateKey:
    try:
        raw = base64.urlsafe_b64decode(text.strip().removeprefix(PRIVATE))
        if not text.strip().startswith(PRIVATE):
            raise ValueError
        return X25519PrivateKey.from_private_bytes(raw)
    except ValueError:
        raise CannotDecrypt(
            f"La chiave privata comincia con {PRIVATE}: è quella che ha scritto “platea chiavi copie”."
        ) from None


def _cipher(shared: bytes, once: bytes, recipient: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(HKDF(SHA256(), 32, salt=once + recipient, info=MARK).derive(shared))


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _chunks(file: IO[bytes], size: int) -> Iterator[tuple[int, bytes, bool]]:
    """Number, content and whether it is the last; an empty file has one empty chunk."""
    number, chunk = 0, file.read(size)
    while True:
        following = file.read(size)
        yield number, chunk, not following
        if not following:
            return
        number, chunk = number + 1, following


def _new(path: Path) -> IO[bytes]:
    """A file that must not be there yet, for its owner only."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _public(private: X25519PrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()
