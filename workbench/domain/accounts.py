"""People who may use the workbench, and what their role lets them do."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from workbench.errors import InputError, UnknownNameError

Role: TypeAlias = Literal["admin", "lead", "annotator"]
ROLES: tuple[Role, ...] = get_args(Role)  # the first may the most
MAX_NAME_LENGTH = 200
MIN_PASSWORD_LENGTH = 10
MAX_PASSWORD_BYTES = 1024


@dataclass(frozen=True, slots=True)
class PasswordHash:
    """A scrypt hash with what it was made with; `salt` and `digest` are hex."""

    n: int
    r: int
    p: int
    salt: str
    digest: str


@dataclass(frozen=True, slots=True)
class Account:
    """One person. `epoch` is random and changes with the password and the role: it ends older sessions."""

    name: str
    role: Role
    password: PasswordHash
    epoch: str
    created_at: str

    def __post_init__(self) -> None:
        check_name(self.name)
        check_role(self.role)

    @property
    def key(self) -> str:
        """What two names share that are the same."""
        return name_key(self.name)


def may(role: Role, least: Role) -> bool:
    """Tell whether a role may do what needs at least another one."""
    return ROLES.index(role) <= ROLES.index(least)


def name_key(name: str) -> str:
    """Return the form in which names are compared: capitals and full-width letters make no difference.

    >>> name_key("Ana") == name_key("ana")
    True
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def check_name(name: str) -> str:
    """Return the name if it can name an account, else raise InputError; annotators have the same names."""
    if not name or len(name) > MAX_NAME_LENGTH or not name.isprintable() or name != name.strip():
        raise InputError(
            f"{name[:80]!r} cannot name an account.",
            hint=f"Names have 1 to {MAX_NAME_LENGTH} visible characters and no space at either end.",
        )
    return name


def check_role(role: str) -> Role:
    """Return the role if there is one of that name. Raises UnknownNameError."""
    for known in ROLES:
        if role == known:
            return known
    raise UnknownNameError("role", role, ROLES)


def check_password(password: str) -> str:
    """Return the password if it may be one, else raise InputError; the message never repeats it."""
    if len(password) < MIN_PASSWORD_LENGTH:
        raise InputError(
            "This password is too short.", hint=f"Use at least {MIN_PASSWORD_LENGTH} characters."
        )
    if len(password.encode("utf-8", "surrogatepass")) > MAX_PASSWORD_BYTES:
        raise InputError("This password is too long.", hint=f"Use at most {MAX_PASSWORD_BYTES:,} bytes.")
    if len(set(password)) < 3:
        raise InputError("This password repeats one or two characters.", hint="Use a longer phrase.")
    return password
