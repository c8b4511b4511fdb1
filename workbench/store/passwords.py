"""Passwords as scrypt hashes (RFC 7914): slow to guess, each with its own salt."""

from __future__ import annotations

import hashlib
import hmac
import os
from threading import BoundedSemaphore

from workbench.domain.accounts import PasswordHash

# 32 MiB and about 0.1 s on one core; hashes keep theirs when these change.
N, R, P = 2**15, 8, 1
MOST_MEMORY = 256 * 1024 * 1024
SALT_BYTES = DIGEST_BYTES = 32
# A crowd of wrong passwords takes two cores and 64 MiB at most.
AT_ONCE = BoundedSemaphore(2)
NOBODY = PasswordHash(N, R, P, salt="00" * SALT_BYTES, digest="00" * DIGEST_BYTES)


def hash_password(password: str) -> PasswordHash:
    """Return a new hash of a password; the same password never has the same one."""
    salt = os.urandom(SALT_BYTES)
    unsigned = PasswordHash(N, R, P, salt.hex(), "")
    return PasswordHash(N, R, P, salt.hex(), _digest(password, unsigned).hex())


def is_password(password: str, known: PasswordHash | None) -> bool:
    """Tell whether this is the password; None (nobody of that name) takes as long and is never right."""
    digest = _digest(password, known or NOBODY)
    return hmac.compare_digest(digest, bytes.fromhex((known or NOBODY).digest)) and known is not None


def _digest(password: str, how: PasswordHash) -> bytes:
    with AT_ONCE:
        return hashlib.scrypt(
            password.encode("utf-8", "surrogatepass"),
            salt=bytes.fromhex(how.salt),
            n=how.n,
            r=how.r,
            p=how.p,
            maxmem=MOST_MEMORY,
            dklen=DIGEST_BYTES,
        )
