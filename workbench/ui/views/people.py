"""The page of accounts: admins manage them, everybody changes their own password and signs out."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from workbench.config import Home
from workbench.domain.accounts import MIN_PASSWORD_LENGTH, ROLES, Account, name_key
from workbench.errors import InputError
from workbench.ui.addresses import base_path
from workbench.ui.messages import as_markdown, errors_shown
from workbench.ui.sign_in import ATTEMPTS
from workbench.ui.visitors import Visitor, current_visitor
from workbench.usecases.manage_accounts import (
    add_account,
    change_own_password,
    change_password,
    change_role,
    list_accounts,
    make_first_admin,
    remove_account,
)

ROLE_HELP = "An annotator labels, a lead also reviews, trains and exports, an admin also manages accounts."
PASSWORD_HELP = f"At least {MIN_PASSWORD_LENGTH} characters; several words are easy to keep in mind."
SIGN_IN = Markup('<p class="wb-account"><a href="{}/login" target="_self">Sign in</a></p>')
OWN_PAGE = "page of the account"  # counted apart from sign-ins
DONE = "what was done to an account"


def show() -> None:
    """Show the page."""
    visitor = current_visitor()
    if visitor.is_local:
        _show_single_user()
        return
    done = st.session_state.pop(DONE, None)
    if done:
        st.success(as_markdown(done), icon=":material/check_circle:")
    if visitor.may("admin"):
        _show_accounts(visitor)
    _show_own_password(visitor)


def _show_single_user() -> None:
    st.subheader("Single-user mode", anchor=False)
    st.markdown(
        "There are no accounts. The app serves this machine only, and whoever sits here may do everything. "
        "With accounts, several people can sign in from other machines, each under a name of their own."
    )
    with st.form("first", width=440, enter_to_submit=False):
        st.markdown("**Make the first account**, an admin. Then everybody has to sign in.")
        name = st.text_input("Name", key="first name", max_chars=200)
        password = _new_password("first")
        made = st.form_submit_button("Make the account", type="primary")
    with errors_shown():
        if made:
            make_first_admin(Home.find(), name.strip(), password=_both_the_same(*password))
            st.success("The account is made.", icon=":material/check_circle:")
            st.html(SIGN_IN.format(base_path()))


def _show_accounts(visitor: Visitor) -> None:
    accounts = list_accounts(Home.find())
    st.subheader("Accounts", anchor=False)
    st.dataframe(
        [
            {"Name": account.name, "Role": account.role, "Since": account.created_at[:10]}
            for account in accounts
        ],
        hide_index=True,
        width=640,
        alt=f"{len(accounts)} accounts with their roles and since when they exist.",
    )
    change, add = st.columns(2, gap="large")
    with change, st.container(border=True):
        _show_change(visitor, accounts)
    with add:
        _show_add()


def _show_add() -> None:
    with st.form("add", clear_on_submit=False, enter_to_submit=False):
        st.markdown("**Add an account**")
        name = st.text_input("Name", key="new name", max_chars=200)
        role = st.selectbox("Role", ROLES, index=len(ROLES) - 1, key="new role", help=ROLE_HELP)
        password = _new_password("new")
        added = st.form_submit_button("Add", type="primary")
    with errors_shown():
        if added:
            _ask_for_admin()
            made = add_account(Home.find(), name.strip(), role=role, password=_both_the_same(*password))
            _done(f"{made.name} can sign in now, as {made.role}.")


def _show_change(visitor: Visitor, accounts: tuple[Account, ...]) -> None:
    by_name = {account.name: account for account in accounts}
    st.markdown("**Change an account**")
    name = st.selectbox("Account", list(by_name), key="account")
    account = by_name[name]
    what = st.segmented_control(
        "What", ["Role", "Password", "Remove"], default="Role", required=True, key="what to change"
    )
    with errors_shown(), st.form(f"change {what}", border=False, enter_to_submit=False):
        if what == "Role":
            _change_role(account)
        elif what == "Password":
            _reset_password(account)
        else:
            _remove(visitor, account)


def _change_role(account: Account) -> None:
    role = st.selectbox(
        "New role", ROLES, index=ROLES.index(account.role), key=f"role of {account.key}", help=ROLE_HELP
    )
    if st.form_submit_button("Change the role"):
        _ask_for_admin()
        change_role(Home.find(), account.name, role)
        _done(f"{account.name} is now {role}, and has to sign in again.")


def _reset_password(account: Account) -> None:
    password = _new_password(f"of {account.key}")
    if st.form_submit_button("Set the password"):
        _ask_for_admin()
        change_password(Home.find(), account.name, _both_the_same(*password))
        _done(f"{account.name} has a new password, and has to sign in again.")


def _remove(visitor: Visitor, account: Account) -> None:
    st.markdown("The account cannot sign in any more. What it answered stays.")
    sure = st.checkbox(f"Yes, remove {as_markdown(account.name)}", key=f"sure {account.key}")
    if st.form_submit_button("Remove"):
        _ask_for_admin()
        if not sure:
            raise InputError("Nothing was removed.", hint="Tick the box first.")
        if account.name == visitor.name:
            raise InputError("This is your own account.", hint="Another admin can remove it.")
        remove_account(Home.find(), account.name)
        _done(f"{account.name} is removed.")


def _show_own_password(visitor: Visitor) -> None:
    st.subheader("Your password", anchor=False)
    with st.form("own", width=440, enter_to_submit=False):
        old = st.text_input("Present password", type="password", key="old", autocomplete="current-password")
        password = _new_password("own")
        asked = st.form_submit_button("Change the password")
    with errors_shown():
        if asked:
            name = current_visitor().name
            new = _both_the_same(*password)
            _count_attempt(name)
            change_own_password(Home.find(), name, old=old, new=new)
            st.success("Your password is changed. Sign in with it.", icon=":material/check_circle:")
            st.html(SIGN_IN.format(base_path()))


def _count_attempt(name: str) -> None:
    """An open window is no place to guess its owner's password."""
    wait = ATTEMPTS.begin(name_key(name), "", OWN_PAGE)
    if wait:
        raise InputError(
            "The present password was wrong too often.", hint=f"Try again in {wait:.0f} seconds."
        )


def _new_password(whose: str) -> tuple[str, str]:
    first = st.text_input(
        "New password",
        type="password",
        key=f"password {whose}",
        help=PASSWORD_HELP,
        autocomplete="new-password",
    )
    again = st.text_input(
        "New password again", type="password", key=f"again {whose}", autocomplete="new-password"
    )
    return first, again


def _both_the_same(first: str, again: str) -> str:
    if first != again:
        raise InputError("The two passwords differ.", hint="Write the new one twice.")
    return first


def _ask_for_admin() -> None:
    """A page may be open since before its visitor was demoted: ask again at the moment of the change."""
    if not current_visitor().may("admin"):
        raise InputError("Only admins change accounts.")


def _done(what: str) -> None:
    st.session_state[DONE] = what
    st.rerun()
