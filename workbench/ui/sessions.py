"""Who a request comes from: signed cookies, and the tokens that prove a form or a script is our own.

A session cookie holds the account's name, its epoch and a random session id, signed with the install's
key and a time. It is refused when it was tampered with, is older than 14 days, comes from another install,
was signed out, or when the account's password or role changed since.
"""

from __future__ import annotations

import getpass
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer

from workbench.config import Home
from workbench.domain.accounts import Account, Role, may, name_key
from workbench.errors import StoreError
from workbench.store.accounts import Accounts, read_accounts, signing_key

SESSION_SECONDS = 14 * 24 * 3600
DEVICE_SECONDS = 180 * 24 * 3600
MOST_COOKIE_CHARACTERS = 4096
LOCAL_SESSION = "local"
# Only where the home folder cannot be written and nobody signs in: tokens then end with the process.
PROCESS_KEY = secrets.token_bytes(32)


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person with an account; without accounts whoever sits at this machine (`is_local`) is an admin."""

    name: str
    role: Role
    is_local: bool = False
    session: str = LOCAL_SESSION

    @property
    def leads(self) -> bool:
        """Whether this visitor may change the project, and train and export models."""
        return self.may("lead")

    def may(self, least: Role) -> bool:
        """Tell whether this visitor may do what needs at least this role."""
        return may(self.role, least)


def visitor_with(cookies: Mapping[str, str], home: Home | None = None) -> Visitor | None:
    """Return who sent these cookies; without accounts the local admin. Raises StoreError."""
    home = home or Home.find()
    accounts = read_accounts(home.root)
    if not accounts:
        return Visitor(_account_of_the_machine(), "admin", is_local=True)
    return _signed_in(accounts, signing_key(home.root), cookies)


def session_cookie(home: Home, account: Account) -> tuple[str, str]:
    """Return name and value of the cookie of a new session."""
    key = signing_key(home.root)
    session = {"name": account.name, "epoch": account.epoch, "session": secrets.token_hex(16)}
    return cookie_name("session", key), _serializer(key, "session").dumps(session)


def device_cookie(home: Home, account: Account) -> tuple[str, str]:
    """Return name and value of the cookie that says: from this browser the account signed in before."""
    key = signing_key(home.root)
    return cookie_name("device", key), _serializer(key, "device").dumps(
        {"name": account.name, "device": secrets.token_hex(8)}
    )


def known_device(home: Home, cookies: Mapping[str, str], name: str) -> str | None:
    """Return the device's id if the account signed in from this browser before."""
    key = signing_key(home.root)
    said = _loads(key, "device", cookies.get(cookie_name("device", key)), DEVICE_SECONDS)
    return said["device"] if said and name_key(said.get("name", "")) == name_key(name) else None


def cookie_name(what: str, key: bytes) -> str:
    """Return a name of this install only: cookies do not know ports, and two installs may share a host."""
    return f"workbench-{what}-{hashlib.sha256(key).hexdigest()[:8]}"


def csrf_token(visitor: Visitor) -> str:
    """Return what the visitor's own pages send along with a POST (header X-Workbench-Token, form field)."""
    return _mac("token", visitor.session)


def is_csrf_token(visitor: Visitor, token: str) -> bool:
    """Tell whether a token belongs to this visitor's session."""
    return hmac.compare_digest(csrf_token(visitor).encode(), token.encode("utf-8", "replace"))


def form_token(seed: str) -> str:
    """Return the field that goes with the cookie `seed` of a form before anybody is signed in."""
    return _mac("form", seed)


def is_form_token(seed: str | None, token: str) -> bool:
    """Tell whether a form's field goes with its cookie."""
    return bool(seed) and hmac.compare_digest(
        form_token(seed or "").encode(), token.encode("utf-8", "replace")
    )


def _signed_in(accounts: Accounts, key: bytes, cookies: Mapping[str, str]) -> Visitor | None:
    said = _loads(key, "session", cookies.get(cookie_name("session", key)), SESSION_SECONDS)
    if said is None:
        return None
    account = accounts.by_key.get(name_key(said.get("name", "")))
    session = said.get("session", "")
    if account is None or not session or session in accounts.ended:
        return None
    if not hmac.compare_digest(account.epoch.encode(), said.get("epoch", "").encode()):
        return None
    return Visitor(account.name, account.role, session=session)


def _loads(key: bytes, what: str, value: str | None, seconds: int) -> dict[str, str] | None:
    if not value or len(value) > MOST_COOKIE_CHARACTERS:
        return None
    try:
        said: Any = _serializer(key, what).loads(value, max_age=seconds)
    except BadData:
        return None
    if isinstance(said, dict) and all(isinstance(part, str) for part in said.values()):
        return said
    return None


@lru_cache(maxsize=16)
def _serializer(key: bytes, what: str) -> URLSafeTimedSerializer:
    how = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeTimedSerializer(key, salt=f"workbench {what}", signer_kwargs=how)


def _mac(what: str, about: str) -> str:
    return hmac.new(_token_key(), f"{what}\0{about}".encode(), hashlib.sha256).hexdigest()


def _token_key() -> bytes:
    home = Home.find()
    try:
        return signing_key(home.root)
    except StoreError:
        if read_accounts(home.root):
            raise
        return PROCESS_KEY


def _account_of_the_machine() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name
        return "annotator"
