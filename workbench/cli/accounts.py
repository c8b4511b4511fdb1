"""Commands that manage accounts. A password is asked for, or read from standard input; never an argument."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from workbench.errors import InputError

app = typer.Typer(
    name="account",
    help="Say who may sign in to the app, and as what.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="The account.", show_default=False)]
NewRole = Annotated[str, typer.Argument(metavar="ROLE", help="admin, lead or annotator.", show_default=False)]


@app.command("add")
def add(
    name: Name,
    role: Annotated[
        str, typer.Option(help="admin, lead or annotator; the first one must be an admin.")
    ] = "annotator",
) -> None:
    """Make an account; asks for its password, or reads one line from standard input."""
    from workbench.config import Home
    from workbench.usecases.manage_accounts import add_account

    account = add_account(Home.find(), name, role=role, password=_password())
    print(f"added {account.name}, {account.role}")


@app.command("list")
def list_() -> None:
    """List all accounts."""
    from workbench.config import Home
    from workbench.usecases.manage_accounts import list_accounts

    accounts = list_accounts(Home.find())
    if not accounts:
        print("no accounts: the app serves this machine only, and whoever sits here is an admin")
    for account in accounts:
        print(f"{account.role:9}  {account.created_at[:10]}  {account.name}")


@app.command("role")
def role(name: Name, role: NewRole) -> None:
    """Give an account another role; it has to sign in again."""
    from workbench.config import Home
    from workbench.usecases.manage_accounts import change_role

    change_role(Home.find(), name, role)
    print(f"{name} is now {role}")


@app.command("password")
def password(name: Name) -> None:
    """Set a new password; the account has to sign in again."""
    from workbench.config import Home
    from workbench.usecases.manage_accounts import change_password, role_of

    home = Home.find()
    role_of(home, name)  # an unknown name is said before anybody types
    change_password(home, name, _password())
    print(f"{name} has a new password")


@app.command("remove")
def remove(name: Name) -> None:
    """Remove an account; its answers stay."""
    from workbench.config import Home
    from workbench.usecases.manage_accounts import remove_account

    remove_account(Home.find(), name)
    print(f"removed {name}")


def _password() -> str:
    if sys.stdin is not None and sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    line = sys.stdin.readline(4096) if sys.stdin is not None else ""
    said = line.rstrip("\r\n")
    if not said:
        raise InputError("No password was given.", hint="Write it as one line to standard input.")
    return said
