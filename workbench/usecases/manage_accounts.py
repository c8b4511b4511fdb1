"""Accounts: who may sign in, and as what. The last admin can be neither removed nor demoted."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import replace

from workbench.config import Home
from workbench.domain.accounts import Account, Role, check_name, check_password, check_role, name_key
from workbench.domain.annotations import now
from workbench.errors import InputError, UnknownNameError
from workbench.store.accounts import Accounts, change_accounts, read_accounts
from workbench.store.passwords import hash_password, is_password


def list_accounts(home: Home) -> tuple[Account, ...]:
    """Return all accounts in the order of their names; none means that everybody here is an admin."""
    return tuple(sorted(read_accounts(home.root).by_key.values(), key=lambda account: account.key))


def add_account(home: Home, name: str, *, role: str, password: str) -> Account:
    """Make an account; the first one must be an admin. Raises InputError, for example for a taken name."""
    made = Account(
        check_name(name), check_role(role), hash_password(check_password(password)), _epoch(), now()
    )

    def add(accounts: Accounts) -> Accounts:
        if made.key in accounts.by_key:
            raise InputError(f"There is an account '{accounts.by_key[made.key].name}' already.")
        if not accounts and made.role != "admin":
            raise InputError(
                "The first account must be an admin: nobody could add others.",
                hint=f"workbench account add {name} --role admin",
            )
        return _with(accounts, made)

    change_accounts(home.root, add)
    return made


def make_first_admin(home: Home, name: str, *, password: str) -> Account:
    """Make the first account. Raises InputError when there is one, even one made a moment ago."""
    made = Account(check_name(name), "admin", hash_password(check_password(password)), _epoch(), now())

    def add(accounts: Accounts) -> Accounts:
        if accounts:
            raise InputError("There are accounts already.", hint="Sign in, or ask an admin for an account.")
        return _with(accounts, made)

    change_accounts(home.root, add)
    return made


def change_password(home: Home, name: str, password: str) -> None:
    """Set a new password and end the sessions of this account. Raises UnknownNameError, InputError."""
    hashed = hash_password(check_password(password))

    def change(accounts: Accounts) -> Accounts:
        return _with(accounts, replace(_find(accounts, name), password=hashed, epoch=_epoch()))

    change_accounts(home.root, change)


def change_own_password(home: Home, name: str, *, old: str, new: str) -> None:
    """Set a new password for somebody who knows the old one. Raises InputError when that is wrong."""
    if verify(home, name, old) is None:
        raise InputError("The present password is not right.", hint="Nothing was changed.")
    change_password(home, name, new)


def change_role(home: Home, name: str, role: str) -> None:
    """Give an account another role and end its sessions. Raises InputError for the last admin."""
    wanted = check_role(role)

    def change(accounts: Accounts) -> Accounts:
        account = _find(accounts, name)
        if account.role == wanted:
            return accounts
        _keep_an_admin(accounts, account)
        return _with(accounts, replace(account, role=wanted, epoch=_epoch()))

    change_accounts(home.root, change)


def remove_account(home: Home, name: str) -> None:
    """Remove an account; what it answered stays. Raises InputError for the last admin."""

    def change(accounts: Accounts) -> Accounts:
        account = _find(accounts, name)
        _keep_an_admin(accounts, account)
        left = {key: other for key, other in accounts.by_key.items() if key != account.key}
        return replace(accounts, by_key=left)

    change_accounts(home.root, change)


def verify(home: Home, name: str, password: str) -> Account | None:
    """Return the account if this is its password, None otherwise; an unknown name takes as long."""
    account = read_accounts(home.root).by_key.get(name_key(name))
    return account if is_password(password, account.password if account else None) else None


def end_session(home: Home, session: str, *, seconds: int) -> None:
    """Remember for as long as it could have lasted that a session was signed out."""
    until = int(time.time()) + seconds

    def change(accounts: Accounts) -> Accounts:
        return replace(accounts, ended={**_lasting(accounts.ended), session: until}) if accounts else accounts

    change_accounts(home.root, change)


def role_of(home: Home, name: str) -> Role:
    """Return the role of an account. Raises UnknownNameError."""
    return _find(read_accounts(home.root), name).role


def _find(accounts: Accounts, name: str) -> Account:
    account = accounts.by_key.get(name_key(name))
    if account is None:
        raise UnknownNameError("account", name, (known.name for known in accounts.by_key.values()))
    return account


def _with(accounts: Accounts, account: Account) -> Accounts:
    return replace(accounts, by_key={**accounts.by_key, account.key: account})


def _keep_an_admin(accounts: Accounts, account: Account) -> None:
    if accounts.admins == (account,):
        raise InputError(
            f"'{account.name}' is the last admin: nobody could change accounts any more.",
            hint="Make somebody else an admin first.",
        )


def _lasting(ended: Mapping[str, int]) -> dict[str, int]:
    now_seconds = time.time()
    return {session: until for session, until in ended.items() if until > now_seconds}


def _epoch() -> str:
    return secrets.token_hex(16)
