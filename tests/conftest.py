"""What the tests of the app's pages and of Label Studio's share: a browser."""

from __future__ import annotations

import os

import pytest

from benchmarks.chromium import MISSING, find_chromium, open_chromium


@pytest.fixture(scope="session")
def browser():  # type: ignore[no-untyped-def]
    """Open Chromium; without one the tests are skipped, but never in CI."""
    if find_chromium() is None:
        message = f"{MISSING}: the browser tests cannot run."
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with open_chromium() as opened:
        yield opened
