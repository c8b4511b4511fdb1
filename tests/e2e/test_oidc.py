"""Signing in with an OpenID Connect provider: a small real one, on this machine, against the real server."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from workbench.config import Home
from workbench.ui import oidc
from workbench.usecases.manage_accounts import add_account, remove_account

pytest.importorskip("authlib", reason="OIDC is an option: pip install 'annotation-workbench[oidc]'")
from joserfc import jwt
from joserfc.jwk import RSAKey

pytestmark = pytest.mark.slow
PASSWORD = "correct horse battery"


class Provider:
    """Vouches for `person` to whoever asks, as OpenID Connect Core 1.0 says (authorization code, RS256)."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.person: dict[str, Any] = {"sub": "1", "email": "ana@work.example", "email_verified": True}
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.nonces: dict[str, str] = {}
        self.secrets: list[str] = []
        routes = [
            Route("/.well-known/openid-configuration", self.describe),
            Route("/authorize", self.authorize),
            Route("/token", self.token, methods=["POST"]),
            Route("/keys", self.keys),
        ]
        config = uvicorn.Config(Starlette(routes=routes), host="127.0.0.1", port=port, log_level="warning")
        self.server = uvicorn.Server(config)

    async def describe(self, request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def authorize(self, request: Request) -> Response:
        asked = request.query_params
        assert asked["client_id"] == "workbench"
        assert asked["code_challenge"]
        code = f"code-{len(self.nonces)}"
        self.nonces[code] = asked.get("nonce", "")
        back = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}", 302)

    async def token(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        self.secrets.append(request.headers.get("authorization", ""))
        now = int(time.time())
        claims = {"iss": self.url, "aud": "workbench", "iat": now, "exp": now + 300,
                  "nonce": self.nonces.pop(form["code"][0]), **self.person}  # fmt: skip
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return JSONResponse(
            {"access_token": "x", "token_type": "Bearer", "expires_in": 300, "id_token": signed}
        )

    async def keys(self, request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def provider() -> Iterator[Provider]:
    served = Provider(free_port())
    thread = threading.Thread(target=served.server.run, daemon=True)
    thread.start()
    while not served.server.started:
        time.sleep(0.05)
    yield served
    served.server.should_exit = True
    thread.join(10)


@pytest.fixture
def work(app: Any, provider: Provider) -> Any:
    """Serve the app with the provider in its secrets and an account for the address."""
    app.kill()
    secrets = app.home / ".streamlit" / "secrets.toml"
    secrets.parent.mkdir(exist_ok=True)
    secrets.write_text(
        f'[auth]\nredirect_uri = "{app.url}/oauth2callback"\ncookie_secret = "{"k" * 40}"\n'
        f'client_id = "workbench"\nclient_secret = "hush"\n'
        f'server_metadata_url = "{provider.url}/.well-known/openid-configuration"\n'
    )
    add_account(Home(app.home), "Ana@work.example", role="admin", password=PASSWORD)
    add_account(Home(app.home), "ben", role="lead", password=PASSWORD)
    app.start()
    return app


def visit(app: Any) -> httpx.Client:
    return httpx.Client(base_url=app.url, timeout=30)


def follow(visiting: httpx.Client, address: str) -> list[httpx.Response]:
    """Go where one is led, as a browser does, and return every answer."""
    answers = [visiting.get(address)]
    while answers[-1].is_redirect and len(answers) < 12:
        answers.append(visiting.get(str(answers[-1].next_request.url)))  # type: ignore[union-attr]
    return answers


def cookie_names(visiting: httpx.Client) -> set[str]:
    return {name.partition("-")[2].rpartition("-")[0] or name for name in visiting.cookies}


def test_an_address_with_an_account_gets_a_session_and_the_deep_link(work: Any, provider: Provider) -> None:
    with visit(work) as visiting:
        login = follow(visiting, "/review?project=tickets")[-1]
        assert "Sign in with your organisation" in login.text
        (link,) = [part.split('"')[0] for part in login.text.split('href="') if part.startswith("login/oidc")]
        answers = follow(visiting, "/" + link.replace("&amp;", "&"))
        steps = [urlsplit(str(answer.url)).path for answer in answers]
        assert steps == [
            "/login/oidc",
            "/auth/login",
            "/authorize",
            "/oauth2callback",
            "/",
            "/login/arrived",
            "/review",
        ]
        assert str(answers[-1].url).endswith("/review?project=tickets")
        assert answers[-1].status_code == 200
        # Streamlit's identity is gone: there is one kind of session, which one signs out of.
        assert not [name for name in visiting.cookies if name.startswith("_streamlit_user")]
        page = visiting.get("/logout").text
        assert "<strong>Ana@work.example</strong>" in page
        token = page.split('name="token" value="')[1].split('"')[0]
        assert visiting.post("/logout", data={"token": token}).status_code == 303
        assert visiting.get("/").headers["location"] == "/login"
        assert all(secret.startswith("Basic ") for secret in provider.secrets)


@pytest.mark.parametrize(
    ("person", "said"),
    [
        ({"sub": "2", "email": "eve@work.example"}, "no account for eve@work.example"),
        ({"sub": "3"}, "does not say your e-mail"),
        ({"sub": "4", "email": "ana@work.example", "email_verified": False}, "has not verified"),
        ({"sub": "5", "email": "<script>alert(1)</script>"}, "no account for &lt;script&gt;"),
    ],
)
def test_others_are_refused_in_clear_words(work: Any, provider: Provider, person: Any, said: str) -> None:
    provider.person = person
    with visit(work) as visiting:
        last = follow(visiting, "/login/oidc?provider=default")[-1]
        assert last.status_code == 403
        assert said in last.text
        assert visiting.get("/").headers["location"] == "/login"
        assert not [name for name in visiting.cookies if name.startswith("_streamlit_user")]


def test_an_identity_is_taken_once_and_only_with_our_signature(work: Any) -> None:
    with visit(work) as visiting:
        answers = [visiting.get("/login/oidc?provider=default")]
        while urlsplit(str(answers[-1].url)).path != "/oauth2callback":
            answers.append(visiting.get(str(answers[-1].next_request.url)))  # type: ignore[union-attr]
        identity = {
            name: value for name, value in visiting.cookies.items() if name.startswith("_streamlit_user")
        }
        assert identity
        assert visiting.get("/wb/anything").status_code == 401  # it opens nothing by itself
    for tampered in ("x", identity["_streamlit_user"][:-4] + "AAAA"):
        with httpx.Client(base_url=work.url, cookies={"_streamlit_user": tampered}) as thief:
            assert follow(thief, "/")[-1].status_code == 403
    with httpx.Client(base_url=work.url, cookies=identity) as first:
        assert follow(first, "/")[-1].status_code == 200
    with httpx.Client(base_url=work.url, cookies=identity) as second:
        last = follow(second, "/")[-1]
        assert (last.status_code, "used before" in last.text) == (403, True)


def test_a_callback_that_nobody_began_gives_nothing(work: Any) -> None:
    with visit(work) as visiting:
        last = follow(visiting, "/oauth2callback?code=code-0&state=made-up")[-1]
        assert urlsplit(str(last.url)).path == "/login"
        assert follow(visiting, "/login/oidc?provider=other")[-1].url.path == "/login"
        assert follow(visiting, "/auth/login?provider=made-up")[-1].url.path == "/login"


def test_an_account_that_was_removed_cannot_come_back(work: Any) -> None:
    add_account(Home(work.home), "cy", role="admin", password=PASSWORD)
    with visit(work) as visiting:
        assert follow(visiting, "/login/oidc?provider=default")[-1].status_code == 200
        remove_account(Home(work.home), "ana@work.example")
        assert visiting.get("/").status_code == 303
        assert follow(visiting, "/login/oidc?provider=default")[-1].status_code == 403


def test_without_a_provider_its_routes_are_shut(app: Any) -> None:
    add_account(Home(app.home), "Ana", role="admin", password=PASSWORD)
    with httpx.Client(base_url=app.url, cookies={"_streamlit_user": "x"}) as visiting:
        for path in oidc.PATHS:
            assert visiting.get(path).headers["location"].startswith("/login?next=")
        assert "organisation" not in visiting.get("/login").text
