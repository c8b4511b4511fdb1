"""A real Label Studio on this machine: for the tests, the benchmarks, the guide, and to try it out.

    make label-studio                     serve it on http://127.0.0.1:8080 until Ctrl+C

It runs from `.venv-label-studio`, on loopback, with SQLite, and knows two annotators. Its first start
takes most of a minute; what that made is kept as a seed, so that every further server is a copy which
starts in seconds.
"""

from __future__ import annotations

import argparse
import json
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[1]
ENVIRONMENT = ROOT / ".venv-label-studio"
START_SECONDS = 240
# Nobody but this machine reaches the servers made here, so the passwords are no secrets.
ADMIN = ("ana@example.com", "ana-labels-tickets")
SECOND = ("ben@example.com", "ben-labels-tickets")
LEGACY_TOKEN = "0123456789abcdef0123456789abcdef01234567"
SETTINGS = {
    "DJANGO_DB": "sqlite",
    "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "",
    "LABEL_STUDIO_COLLECT_ANALYTICS": "false",
    "collect_analytics": "false",
    "LABEL_STUDIO_LATEST_VERSION_CHECK": "false",
    "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
    "LABEL_STUDIO_USERNAME": ADMIN[0],
    "LABEL_STUDIO_PASSWORD": ADMIN[1],
    "LABEL_STUDIO_USER_TOKEN": LEGACY_TOKEN,
    "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
    # Both are needed before it calls an ML backend on a private address such as 127.0.0.1.
    "LABEL_STUDIO_ML_BLOCK_LOCAL_IP": "false",
    "LABEL_STUDIO_SSRF_PROTECTION_ENABLED": "false",
}


@dataclass
class RealLabelStudio:
    """A server over its own data folder; it can be killed and started again."""

    data: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def tokens(self) -> dict[str, str]:
        """The tokens of the seed: `ana` and `ben` (personal), `legacy` (of ana)."""
        found: dict[str, str] = json.loads((self.data / "tokens.json").read_text())
        return found

    def start(self) -> None:
        """Start it and wait until it answers. Raises RuntimeError with its log when it does not."""
        home = self.data / "home"
        home.mkdir(parents=True, exist_ok=True)
        # It reads bare names such as USERNAME, PORT and DEBUG, so it gets an environment of its own.
        environment = {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "LABEL_STUDIO_BASE_DATA_DIR": str(self.data),
            **SETTINGS,
        }
        command = [str(ENVIRONMENT / "bin" / "python"), str(ENVIRONMENT / "bin" / "label-studio"), "start"]
        command += ["--no-browser", "--internal-host", "127.0.0.1", "--port", str(self.port)]
        with (self.data / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--log-level", "INFO"],
                env=environment,
                cwd=self.data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Label Studio did not start:\n{self.log()[-3000:]}")
            time.sleep(0.2)

    def answers(self) -> bool:
        """Tell whether it answers."""
        try:
            return httpx.get(f"{self.url}/health", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def log(self) -> str:
        """Return what it wrote."""
        return (self.data / "server.log").read_text(errors="replace")

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it; with SIGKILL it has no time to tidy up."""
        if self.process is None:
            return
        self.process.send_signal(number)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=10)
        self.process = None

    def kill(self) -> None:
        """End it as a power cut would."""
        self.stop(signal.SIGKILL)

    def client(self, who: str = "legacy") -> httpx.Client:
        """Return a bare HTTP client of `ana`, `ben` or (ana's) `legacy` token."""
        token = self.tokens[who]
        if who != "legacy":
            refreshed = httpx.post(f"{self.url}/api/token/refresh/", json={"refresh": token}, timeout=60)
            headers = {"Authorization": f"Bearer {refreshed.json()['access']}"}
        else:
            headers = {"Authorization": f"Token {token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=600)


def copy_server(data: Path) -> RealLabelStudio:
    """Return a server (not started yet) over a copy of the seed, which is made when it is missing."""
    seed = make_seed()
    data.mkdir(parents=True, exist_ok=True)
    for name in ("label_studio.sqlite3", ".env", "tokens.json"):
        shutil.copyfile(seed / name, data / name)
    return RealLabelStudio(data, free_port())


def make_seed() -> Path:
    """Return the folder of the seed; the first call starts a server and makes users and tokens."""
    if not (ENVIRONMENT / "bin" / "label-studio").exists():
        raise RuntimeError("Label Studio is not installed; `make .venv-label-studio/.ready` does it.")
    lock = (ROOT / "requirements-label-studio.lock").read_bytes()
    digest = sha256(lock + Path(__file__).read_bytes()).hexdigest()[:12]
    seed = ENVIRONMENT / f"seed-{digest}"
    if seed.exists():
        return seed
    with tempfile.TemporaryDirectory(dir=ENVIRONMENT) as made:
        # The key that signs its personal tokens. Left alone, Label Studio 1.x draws one that may begin with
        # "$" (1 in 60), which its settings reader takes for a variable: the next start has another key, and
        # every token is invalid.
        (Path(made) / ".env").write_text(f"SECRET_KEY={secrets.token_hex(32)}\n")
        server = RealLabelStudio(Path(made), free_port())
        server.start()
        try:
            tokens = {"legacy": LEGACY_TOKEN, "ana": _personal_token(_log_in(server.url, *ADMIN))}
            tokens["ben"] = _personal_token(_sign_up(server.url, *SECOND))
        finally:
            server.stop()
        (Path(made) / "tokens.json").write_text(json.dumps(tokens))
        shutil.copytree(made, seed, ignore=shutil.ignore_patterns("*.log", "home"))
    return seed


def free_port() -> int:
    """Return a port that nobody listens on; Label Studio silently takes another one when it is busy."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _log_in(url: str, email: str, password: str) -> httpx.Client:
    """Return a client with the session of a user."""
    client = httpx.Client(base_url=url, timeout=60, headers={"Referer": url})
    form = {"csrfmiddlewaretoken": _csrf(client.get("/user/login/").text), "email": email}
    client.post("/user/login/", data={**form, "password": password, "persist_session": "on"})
    client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
    client.get("/api/current-user/whoami").raise_for_status()
    return client


def _sign_up(url: str, email: str, password: str) -> httpx.Client:
    """Make a second user by the link that invites them, and return a client with their session."""
    headers = {"Authorization": f"Token {LEGACY_TOKEN}"}
    invitation = httpx.get(f"{url}/api/invite", headers=headers, timeout=60).json()["invite_url"]
    path = invitation if invitation.startswith("/") else "/" + invitation.split("/", 3)[3]
    with httpx.Client(base_url=url, timeout=60, headers={"Referer": url}) as client:
        form = {"csrfmiddlewaretoken": _csrf(client.get(path).text), "email": email, "password": password}
        client.post(path, data=form)
    return _log_in(url, email, password)


def _csrf(page: str) -> str:
    found = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found is not None, "the page has no form"
    return found.group(1)


def _personal_token(client: httpx.Client) -> str:
    answer: Any = client.post("/api/token/", json={})
    answer.raise_for_status()
    token: str = answer.json()["token"]
    return token


def main() -> None:
    """Serve Label Studio for a person."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--data", type=Path, default=ENVIRONMENT / "served")
    options = parser.parse_args()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", options.port))
        except OSError as error:
            sys.exit(f"Port {options.port}: {error.strerror}. Choose another: make label-studio PORT=8081")
    print("starting Label Studio; the first time takes a minute", flush=True)
    if not (options.data / "label_studio.sqlite3").exists():
        copy_server(options.data)
    server = RealLabelStudio(options.data, options.port)
    server.start()
    print(
        f"""Label Studio is at {server.url}
  log in as  {ADMIN[0]} with {ADMIN[1]}, or {SECOND[0]} with {SECOND[1]}
  token      export LABEL_STUDIO_API_KEY={server.tokens["legacy"]}
  data       {options.data}
stop with Ctrl+C""",
        flush=True,
    )
    try:
        assert server.process is not None
        server.process.wait()
    except KeyboardInterrupt:
        server.stop()


if __name__ == "__main__":
    main()
