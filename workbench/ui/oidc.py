"""Signing in with an OpenID Connect provider, by Streamlit's own `st.login`, as an option.

Streamlit needs a session before `st.login` can be called on a page, and the gate gives none to strangers:
the login page leads to the route that `st.login` leads to. What comes back is Streamlit's signed identity
cookie. It is taken once, within ten minutes, for a session of ours, and then deleted: there is one kind of
session, with one age, one sign-out and one gate.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from streamlit import auth_util
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import TOKENS_COOKIE_NAME, USER_COOKIE_NAME

from workbench.domain.accounts import Account, name_key
from workbench.errors import RefusedError
from workbench.store.accounts import Accounts

START, ARRIVED = "/login/oidc", "/login/arrived"
PATHS = frozenset({START, ARRIVED, "/auth/login", "/oauth2callback"})
TICKET_SECONDS = 600
MIN_SECRET_LENGTH = 32
MOST_TAKEN = 10_000
_taken: dict[str, float] = {}
logger = logging.getLogger(__name__)


def providers() -> tuple[str, ...]:
    """Return the providers of `[auth]` in secrets.toml, `default` for the one without a name; else none."""
    if not secrets_singleton.load_if_toml_exists() or not auth_util.is_authlib_installed():
        return ()
    section: Mapping[str, Any] = auth_util.get_secrets_auth_section() or {}
    if not section:
        return ()
    if len(str(section.get("cookie_secret", ""))) < MIN_SECRET_LENGTH or "redirect_uri" not in section:
        logger.error(
            "secrets.toml: [auth] needs a redirect_uri and a cookie_secret of %s characters or more; "
            "nobody can sign in with it.",
            MIN_SECRET_LENGTH,
        )
        return ()
    named = [name for name, part in section.items() if isinstance(part, Mapping) and "client_id" in part]
    return (*(["default"] if "client_id" in section else []), *named)


def has_identity(cookies: Mapping[str, str]) -> bool:
    """Tell whether somebody has just come back from a provider."""
    return USER_COOKIE_NAME in cookies and bool(providers())


def login_address(provider: str) -> str:
    """Return the address of Streamlit's that leads to the provider; it works for two minutes."""
    return f"/auth/login?provider={quote(auth_util.encode_provider_token(provider), safe='')}"


def cookie_names(cookies: Mapping[str, str]) -> list[str]:
    """Return the cookies that Streamlit keeps an identity in."""
    return [name for name in cookies if name.startswith((USER_COOKIE_NAME, TOKENS_COOKIE_NAME))]


def account_of(accounts: Accounts, cookies: Mapping[str, str]) -> Account:
    """Return whose identity came back; the name of the account is the e-mail address.

    Raises RefusedError, in words for the person, when it is nobody's, too old, or was taken before.
    """
    identity = _identity(cookies)
    email = identity.get("email")
    if not isinstance(email, str) or not email:
        raise RefusedError("The provider does not say your e-mail address.")
    if str(identity.get("email_verified", True)).lower() == "false":
        raise RefusedError(f"The provider has not verified the address {email}.")
    account = accounts.by_key.get(name_key(email))
    if account is None:
        raise RefusedError(f"There is no account for {email}. An admin of this workbench can make one.")
    return account


def _identity(cookies: Mapping[str, str]) -> Mapping[str, Any]:
    def part(name: str) -> bytes | None:
        value = cookies.get(name, "").encode("latin-1", "replace")
        return (
            decode_signed_value(get_cookie_secret(), name, value, TICKET_SECONDS / 86400) if value else None
        )

    again = RefusedError("This sign-in took too long, or was used before. Please try again.")
    content = auth_util.get_cookie_with_chunks(part, USER_COOKIE_NAME)
    if content is None or not _take(cookies[USER_COOKIE_NAME]):
        raise again
    try:
        said = json.loads(content)
    except ValueError:
        raise again from None
    if not isinstance(said, dict) or said.get("origin") != auth_util.get_origin_from_redirect_uri():
        raise again
    return said


def _take(ticket: str) -> bool:
    """Tell whether a ticket comes for the first time."""
    now = time.monotonic()
    for old in [digest for digest, taken in _taken.items() if taken < now - TICKET_SECONDS]:
        del _taken[old]
    digest = hashlib.sha256(ticket.encode()).hexdigest()
    if digest in _taken or len(_taken) >= MOST_TAKEN:
        return False
    _taken[digest] = now
    return True
