"""How often somebody may try a password: sliding windows by account and address.

Wrong logins of others never lock an owner out for good: windows slide, refused attempts do not lengthen
them, and a browser from which the account signed in before is counted by itself.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock

WINDOW_SECONDS = 300.0
OF_ACCOUNT_AND_ADDRESS = 5
OF_ADDRESS = 30
OF_ACCOUNT = 60
MOST_WINDOWS = 20_000


@dataclass
class Attempts:
    """The wrong passwords of the last minutes; `clock` counts seconds."""

    clock: Callable[[], float] = time.monotonic
    _windows: dict[str, deque[float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def begin(self, account: str, address: str, device: str | None) -> float:
        """Count one more attempt and return 0, or return after how many seconds to try again.

        It is counted before the password is looked at, or a hundred at once would all be the first.
        """
        now = self.clock()
        with self._lock:
            limits = _limits(account, address, device)
            wait = max(self._wait(key, most, now) for key, most in limits)
            if wait <= 0:
                self._make_room(now)
                for key, _ in limits:
                    self._windows.setdefault(key, deque()).append(now)
            return max(0.0, math.ceil(wait))

    def succeeded(self, account: str, address: str, device: str | None) -> None:
        """Forget the attempts of somebody who knew the password; those of others stay."""
        with self._lock:
            for key, _ in _limits(account, address, device)[:1]:
                self._windows.pop(key, None)
            for key, _ in _limits(account, address, device)[1:]:
                if self._windows.get(key):
                    self._windows[key].pop()

    def _wait(self, key: str, most: int, now: float) -> float:
        window = self._windows.get(key)
        if window is None:
            return 0.0
        while window and window[0] <= now - WINDOW_SECONDS:
            window.popleft()
        return window[-most] + WINDOW_SECONDS - now if len(window) >= most else 0.0

    def _make_room(self, now: float) -> None:
        if len(self._windows) < MOST_WINDOWS:
            return
        old = [
            key for key, window in self._windows.items() if not window or window[-1] <= now - WINDOW_SECONDS
        ]
        for key in old or list(self._windows)[: MOST_WINDOWS // 2]:
            del self._windows[key]


def _limits(account: str, address: str, device: str | None) -> Sequence[tuple[str, int]]:
    if device is not None:
        return ((f"device {device} {account}", OF_ACCOUNT_AND_ADDRESS),)
    net = network_of(address)
    return (
        (f"both {net} {account}", OF_ACCOUNT_AND_ADDRESS),
        (f"address {net}", OF_ADDRESS),
        (f"account {account}", OF_ACCOUNT),
    )


def network_of(address: str) -> str:
    """Return whom an address stands for: of IPv6 the first 64 bits, which one household has.

    >>> network_of("2001:db8::1:2"), network_of("192.0.2.7")
    ('2001:db8::/64', '192.0.2.7')
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:100]
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network(f"{parsed}/64", strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
