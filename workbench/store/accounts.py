"""Accounts and the key that signs sessions: two small private files in the home folder.

Both are readable by their owner only, and refused when they are not. A file of accounts that cannot be
read is an error, never "no accounts": without accounts everybody at this machine is an admin.
"""

from __future__ import annotations

import json
import secrets
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from workbench.artefacts import write_whole
from workbench.domain.accounts import Account, PasswordHash
from workbench.errors import InputError, StoreError
from workbench.store.locks import FileLock

ACCOUNTS, KEY, LOCK = "accounts.json", "session.key", "accounts.lock"
VERSION = 1
KEY_BYTES = 32
PRIVATE = 0o600
LOCK_SECONDS = 10.0
Stamp: TypeAlias = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Accounts:
    """All accounts by the key of their name, and the sessions that were signed out before their time.

    `ended` maps a session's id to the second after which nobody needs to remember it.
    """

    by_key: Mapping[str, Account] = field(default_factory=dict)
    ended: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.by_key)

    @property
    def admins(self) -> tuple[Account, ...]:
        """Those who may change accounts."""
        return tuple(account for account in self.by_key.values() if account.role == "admin")


def read_accounts(home: Path) -> Accounts:
    """Return the accounts; none when there is no file. Raises StoreError when it cannot be trusted.

    Called for every request: an unchanged file is not read again.
    """
    path = home / ACCOUNTS
    try:
        about = path.stat()
    except FileNotFoundError:
        return Accounts()
    except OSError as error:
        raise StoreError(f"The accounts cannot be read: {error.strerror}.", where=str(path)) from error
    _check_private(path, about.st_mode)
    return _read(path, (about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns))


def change_accounts(home: Path, change: Callable[[Accounts], Accounts]) -> Accounts:
    """Read, change and write the accounts under a lock; what `change` raises leaves them as they were."""
    with FileLock(home / LOCK) as lock:
        if not lock.acquire(timeout=LOCK_SECONDS):
            raise StoreError("Somebody else is changing the accounts.", where=str(home), hint="Try again.")
        before = read_accounts(home)
        after = change(before)
        if after != before:
            _write(home / ACCOUNTS, after)
        return after


def signing_key(home: Path) -> bytes:
    """Return this install's secret key; the first call makes it. Raises StoreError."""
    path = home / KEY
    try:
        return _read_key(path)
    except FileNotFoundError:
        pass
    with FileLock(home / LOCK) as lock:
        if not lock.acquire(timeout=LOCK_SECONDS):
            raise StoreError("Somebody else is making the key.", where=str(path), hint="Try again.")
        try:
            return _read_key(path)  # another process was faster
        except FileNotFoundError:
            with write_whole(path, mode=PRIVATE) as file:
                file.write(secrets.token_hex(KEY_BYTES).encode())
    return _read_key(path)


def _read_key(path: Path) -> bytes:
    about = path.stat()
    _check_private(path, about.st_mode)
    return _key(path, (about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns))


@lru_cache(maxsize=8)
def _key(path: Path, stamp: Stamp) -> bytes:
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise StoreError("The key of the sessions cannot be read.", where=str(path)) from error
    if len(key) != KEY_BYTES:
        raise StoreError(
            "The key of the sessions is damaged.",
            where=str(path),
            hint="Delete this file: a new key is made, and everybody signs in again.",
        )
    return key


def _check_private(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise StoreError("This is no plain file.", where=str(path))
    if mode & 0o077:
        raise StoreError(
            "Others on this machine can read this file of secrets.",
            where=str(path),
            hint=f"Run: chmod 600 '{path}'",
        )


@lru_cache(maxsize=8)
def _read(path: Path, stamp: Stamp) -> Accounts:
    hint = "Restore it from a backup. Whoever owns the folder may also delete it and make new accounts."
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["version"] != VERSION:
            raise StoreError(f"Written by another workbench (version {content['version']}).", where=str(path))
        found = [_account(row) for row in content["accounts"]]
        ended = {str(session): int(until) for session, until in content["ended"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, InputError) as error:
        # The error's own words might quote a hash.
        kind = type(error).__name__
        raise StoreError(f"The accounts are damaged ({kind}).", where=str(path), hint=hint) from None
    accounts = Accounts({account.key: account for account in found}, ended)
    if len(accounts.by_key) != len(found) or not accounts.admins:
        raise StoreError("The accounts are damaged: a name twice, or no admin.", where=str(path), hint=hint)
    return accounts


def _account(row: Mapping[str, Any]) -> Account:
    return Account(**{**row, "password": PasswordHash(**row["password"])})


def _write(path: Path, accounts: Accounts) -> None:
    now = int(time.time())
    content = {
        "version": VERSION,
        "accounts": [asdict(account) for account in accounts.by_key.values()],
        "ended": {session: until for session, until in accounts.ended.items() if until > now},
    }
    try:
        with write_whole(path, mode=PRIVATE) as file:
            file.write(json.dumps(content, ensure_ascii=True, indent=2).encode())
    except OSError as error:
        raise StoreError(
            f"The accounts cannot be written: {error.strerror}.",
            where=str(path),
            hint="Look at the folder's owner and free space; nothing was changed.",
        ) from error
