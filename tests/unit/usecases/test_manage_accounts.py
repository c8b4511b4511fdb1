"""Accounts: their file, their rules, their passwords."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.config import Home
from workbench.domain.accounts import may
from workbench.errors import InputError, StoreError, UnknownNameError
from workbench.store import passwords
from workbench.store.accounts import ACCOUNTS, KEY, Accounts, change_accounts, read_accounts, signing_key
from workbench.store.passwords import hash_password, is_password
from workbench.usecases.manage_accounts import (
    add_account,
    change_own_password,
    change_password,
    change_role,
    end_session,
    list_accounts,
    make_first_admin,
    remove_account,
    verify,
)

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.store.passwords.N", 2)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home with an admin and an annotator."""
    home = Home(tmp_path)
    add_account(home, "Ana Müller", role="admin", password=PASSWORD)
    add_account(home, "ben", role="annotator", password=PASSWORD)
    return home


def epoch(home: Home, name: str) -> str:
    return next(account.epoch for account in list_accounts(home) if account.name == name)


def test_a_password_opens_its_account_only(home: Home) -> None:
    add_account(home, "cy", role="lead", password="another long one")
    found = verify(home, "ana MÜLLER", PASSWORD)
    assert found is not None
    assert (found.name, found.role) == ("Ana Müller", "admin")
    assert verify(home, "ben", "another long one") is None
    assert verify(home, "nobody", PASSWORD) is None
    assert verify(home, "ben", "") is None
    assert verify(home, "ben", PASSWORD + " ") is None


def test_both_files_are_private_and_hold_no_password(home: Home) -> None:
    signing_key(home.root)
    for name in (ACCOUNTS, KEY):
        assert (home.root / name).stat().st_mode & 0o777 == 0o600
    text = (home.root / ACCOUNTS).read_text()
    assert PASSWORD not in text
    hashes = [row["password"] for row in json.loads(text)["accounts"]]
    assert hashes[0]["salt"] != hashes[1]["salt"]
    assert hashes[0]["digest"] != hashes[1]["digest"]
    assert not [path for path in home.root.iterdir() if path.name.endswith(".part")]


def test_a_file_that_others_may_read_is_refused_with_the_way_out(home: Home) -> None:
    signing_key(home.root)
    for name, read in ((ACCOUNTS, read_accounts), (KEY, signing_key)):
        (home.root / name).chmod(0o640)
        with pytest.raises(StoreError, match="Others on this machine") as refused:
            read(home.root)
        assert "chmod 600" in refused.value.hint
        (home.root / name).chmod(0o600)
        read(home.root)


@pytest.mark.parametrize("name", ["", " ben", "ben ", "a\nb", "a\x00", "a\u202eb", "x" * 201, "a\tb"])
def test_a_name_that_cannot_be_shown_is_refused(home: Home, name: str) -> None:
    with pytest.raises(InputError, match="cannot name an account"):
        add_account(home, name, role="lead", password=PASSWORD)


@pytest.mark.parametrize("name", ["ben", "BEN", "ｂｅｎ", "Ben"])
def test_two_names_that_are_the_same_are_one_account(home: Home, name: str) -> None:
    with pytest.raises(InputError, match="There is an account 'ben' already"):
        add_account(home, name, role="lead", password=PASSWORD)
    assert len(list_accounts(home)) == 2


@pytest.mark.parametrize(
    "password", ["", "nine char", "a" * 50, "abababababab", "é" * 511 + "abc", "x" * 2000]
)
def test_a_bad_password_is_refused_and_never_repeated(home: Home, password: str) -> None:
    with pytest.raises(InputError) as refused:
        add_account(home, "cy", role="lead", password=password)
    assert not password or password not in str(refused.value)


def test_1024_bytes_are_a_password(home: Home) -> None:
    add_account(home, "cy", role="lead", password="é" * 510 + "abcd")
    assert verify(home, "cy", "é" * 510 + "abcd")


def test_an_unknown_role_is_answered_with_the_known_ones(home: Home) -> None:
    for act in (lambda: change_role(home, "ben", "boss"),):
        with pytest.raises(UnknownNameError, match="no role 'boss'") as refused:
            act()
        assert "admin, lead, annotator" in refused.value.hint


def test_the_last_admin_stays_one(home: Home) -> None:
    for act in (
        lambda: remove_account(home, "Ana Müller"),
        lambda: change_role(home, "Ana Müller", "lead"),
    ):
        with pytest.raises(InputError, match="is the last admin"):
            act()
    change_role(home, "ben", "admin")
    remove_account(home, "ana müller")
    assert [account.name for account in list_accounts(home)] == ["ben"]
    with pytest.raises(InputError, match="is the last admin"):
        change_role(home, "ben", "annotator")


def test_two_admins_who_demote_each_other_at_once_leave_one(home: Home) -> None:
    change_role(home, "ben", "admin")

    def demote(name: str) -> bool:
        try:
            change_role(home, name, "lead")
        except InputError:
            return False
        return True

    with ThreadPoolExecutor(2) as both:
        done = list(both.map(demote, ("Ana Müller", "ben")))
    assert sorted(done) == [False, True]
    assert len(read_accounts(home.root).admins) == 1


def test_accounts_made_at_once_are_all_kept(home: Home) -> None:
    with ThreadPoolExecutor(8) as many:
        list(many.map(lambda n: add_account(home, f"p{n}", role="lead", password=PASSWORD), range(16)))
    assert len(list_accounts(home)) == 18


def test_the_first_account_is_an_admin_and_made_once(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with pytest.raises(InputError, match="first account must be an admin"):
        add_account(home, "ben", role="lead", password=PASSWORD)
    assert list_accounts(home) == ()
    make_first_admin(home, "Ana", password=PASSWORD)
    with pytest.raises(InputError, match="There are accounts already"):
        make_first_admin(home, "Eve", password=PASSWORD)
    assert [account.name for account in list_accounts(home)] == ["Ana"]


def test_the_epoch_changes_with_password_and_role_and_with_nothing_else(home: Home) -> None:
    before = epoch(home, "ben")
    change_role(home, "ben", "annotator")
    end_session(home, "some", seconds=60)
    assert epoch(home, "ben") == before
    change_role(home, "ben", "lead")
    role = epoch(home, "ben")
    change_password(home, "ben", "another long one")
    assert len({before, role, epoch(home, "ben")}) == 3
    assert verify(home, "ben", PASSWORD) is None
    assert verify(home, "ben", "another long one")


def test_ones_own_password_needs_the_present_one(home: Home) -> None:
    with pytest.raises(InputError, match="present password is not right"):
        change_own_password(home, "ben", old="wrong wrong", new="another long one")
    change_own_password(home, "ben", old=PASSWORD, new="another long one")
    assert verify(home, "ben", "another long one")


def test_ended_sessions_are_forgotten_when_they_would_have_ended_anyway(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_session(home, "old", seconds=10)
    assert set(read_accounts(home.root).ended) == {"old"}
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 11)
    end_session(home, "new", seconds=10)
    assert set(read_accounts(home.root).ended) == {"new"}


def test_a_failed_change_leaves_the_accounts_as_they_were(home: Home) -> None:
    before = (home.root / ACCOUNTS).read_bytes()

    def fail(accounts: Accounts) -> Accounts:
        raise InputError("no")

    with pytest.raises(InputError):
        change_accounts(home.root, fail)
    assert (home.root / ACCOUNTS).read_bytes() == before


@pytest.mark.parametrize("harm", ["", "[]", "{", '{"version": 1}', '{"version": 2}', '"x"', "null"])
def test_damaged_accounts_are_an_error_and_never_no_accounts(home: Home, harm: str) -> None:
    (home.root / ACCOUNTS).write_text(harm)
    with pytest.raises(StoreError):
        read_accounts(home.root)
    with pytest.raises(StoreError):
        make_first_admin(home, "Eve", password=PASSWORD)


def test_accounts_without_an_admin_are_an_error(home: Home) -> None:
    content = json.loads((home.root / ACCOUNTS).read_text())
    content["accounts"] = content["accounts"][1:]
    (home.root / ACCOUNTS).write_text(json.dumps(content))
    with pytest.raises(StoreError, match="no admin"):
        read_accounts(home.root)


def test_the_key_is_made_once_and_damage_is_said(home: Home) -> None:
    with ThreadPoolExecutor(4) as many:
        keys = set(many.map(lambda _: signing_key(home.root), range(8)))
    assert len(keys) == 1
    (home.root / KEY).write_text("abc")
    with pytest.raises(StoreError, match="key of the sessions"):
        signing_key(home.root)


def test_a_hash_keeps_its_own_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    old = hash_password(PASSWORD)
    monkeypatch.setattr(passwords, "N", 4)
    new = hash_password(PASSWORD)
    assert (old.n, new.n) == (2, 4)
    assert is_password(PASSWORD, old)
    assert is_password(PASSWORD, new)
    assert not is_password(PASSWORD, replace(old, n=4))


@pytest.mark.slow
def test_a_guess_is_slow_and_an_unknown_name_takes_as_long(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    change_password(home, "ben", PASSWORD)

    def seconds(name: str) -> float:
        before = time.process_time()
        verify(home, name, "wrong wrong wrong")
        return time.process_time() - before

    known, unknown = (min(seconds(name) for _ in range(3)) for name in ("ben", "nobody"))
    assert known > 0.02
    assert 0.6 < known / unknown < 1.7


def test_roles_include_those_below() -> None:
    assert may("admin", "lead")
    assert may("lead", "annotator")
    assert not may("lead", "admin")
    assert not may("annotator", "lead")
