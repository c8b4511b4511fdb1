"""The pages in front of the app: sign in and sign out. Plain forms without a script."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlencode

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from workbench.config import Home
from workbench.domain.accounts import MAX_NAME_LENGTH, MAX_PASSWORD_BYTES, Account, name_key
from workbench.errors import RefusedError
from workbench.store.accounts import read_accounts, signing_key
from workbench.ui import oidc
from workbench.ui.attempts import Attempts
from workbench.ui.gate import local_target, visitor_of
from workbench.ui.sessions import (
    DEVICE_SECONDS,
    SESSION_SECONDS,
    cookie_name,
    csrf_token,
    device_cookie,
    form_token,
    is_csrf_token,
    is_form_token,
    known_device,
    session_cookie,
)
from workbench.usecases.manage_accounts import end_session, verify

STYLE = Path(__file__).parent / "login.css"
FORM_SECONDS = 3600
MOST_FIELDS = 20
ATTEMPTS = Attempts()
# A form's own POST needs its Origin, which "no-referrer" would turn into "null".
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
PAGE = Markup("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Workbench</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{style}">
</head>
<body>
<main>
<h1>{title}</h1>
{content}
</main>
</body>
</html>
""")
PROBLEM = Markup('<p class="problem" role="alert" id="problem">{}</p>')
LOGIN = Markup("""{problem}<form method="post">
<input type="hidden" name="token" value="{token}">
<input type="hidden" name="next" value="{target}">
<label for="name">Name</label>
<input id="name" name="name" value="{name}" autocomplete="username" autocapitalize="none" spellcheck="false"
 maxlength="200" required{focus_name}{described}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024"
 required{focus_password}{described}>
<button type="submit">Sign in</button>
</form>
{others}<p class="note">No account, or the password forgotten? An admin of this workbench can help.</p>""")
OTHER = Markup('<a class="other" href="{address}">Sign in with {name}</a>\n')
REFUSED = Markup("""{problem}<p class="note"><a href="../login">Back to the sign-in</a></p>""")
LOGOUT = Markup("""{problem}<p>You are signed in as <strong>{name}</strong>.</p>
<form method="post">
<input type="hidden" name="token" value="{token}">
<button type="submit">Sign out</button>
</form>
<p class="note"><a href="./">Back to the projects</a></p>""")
AUTOFOCUS = Markup(" autofocus")
WRONG = "The name or the password is not right."
TOO_OLD = "This form was open for too long, or your browser keeps no cookies. Please try again."


async def show_login(request: Request) -> Response:
    """Show the form to whoever is not signed in."""
    target = local_target(request.query_params.get("next", "/"))
    if visitor_of(request) is not None:
        return RedirectResponse(_inside(request, target), 303)
    return _login_page(request, target=target)


async def sign_in(request: Request) -> Response:
    """Check name and password; give a session and lead on to where the visitor wanted to go."""
    if not read_accounts(Home.find().root):
        return RedirectResponse(_inside(request, "/"), 303)
    form = await _form(request)
    name, password = form.get("name", "").strip(), form.get("password", "")
    again = {"target": local_target(form.get("next", "/")), "name": name[:MAX_NAME_LENGTH]}
    if not is_form_token(request.cookies.get(_form_cookie()), form.get("token", "")):
        return _login_page(request, **again, problem=TOO_OLD, status=403)
    home, address = Home.find(), request.client.host if request.client else ""
    who = (name_key(name)[:MAX_NAME_LENGTH], address, known_device(home, request.cookies, name))
    wait = ATTEMPTS.begin(*who)
    if wait:
        problem = f"Too many wrong passwords. Try again in {_in_words(wait)}."
        page = _login_page(request, **again, problem=problem, status=429)
        page.headers["Retry-After"] = str(int(wait))
        return page
    account = await run_in_threadpool(_account_of, home, name, password)
    if account is None:
        return _login_page(request, **again, problem=WRONG, status=401)
    ATTEMPTS.succeeded(*who)
    return _welcome(request, home, account, again["target"])


async def show_logout(request: Request) -> Response:
    """Ask whether to sign out: a link alone must not do it."""
    visitor = visitor_of(request)
    if visitor is None or visitor.is_local:
        return RedirectResponse(_inside(request, "/"), 303)
    return _logout_page(request, "")


async def sign_out(request: Request) -> Response:
    """End the session, here and in every window that shares it."""
    visitor = visitor_of(request)
    if visitor is None or visitor.is_local:
        return RedirectResponse(_inside(request, "/"), 303)
    form = await _form(request)
    if not is_csrf_token(visitor, form.get("token", "")):
        return _logout_page(request, TOO_OLD, status=403)
    home = Home.find()
    await run_in_threadpool(end_session, home, visitor.session, seconds=SESSION_SECONDS)
    answer = RedirectResponse(_inside(request, "/login"), 303, headers=HEADERS)
    answer.delete_cookie(cookie_name("session", signing_key(home.root)))
    return answer


async def start_oidc(request: Request) -> Response:
    """Lead to a provider, and remember where the visitor wanted to go."""
    provider = request.query_params.get("provider", "")
    if provider not in oidc.providers():
        return RedirectResponse(_inside(request, "/login"), 303)
    answer = RedirectResponse(_inside(request, oidc.login_address(provider)), 303, headers=HEADERS)
    target = local_target(request.query_params.get("next", "/"))
    _set_cookie(request, answer, name=_target_cookie(), value=quote(target, safe=""), seconds=FORM_SECONDS)
    return answer


async def arrive_from_oidc(request: Request) -> Response:
    """Take the identity that a provider vouches for, once, and give a session for it."""
    home = Home.find()
    if not oidc.has_identity(request.cookies):
        return RedirectResponse(_inside(request, "/login"), 303)
    try:
        account = oidc.account_of(read_accounts(home.root), request.cookies)
    except RefusedError as error:
        content = REFUSED.format(problem=PROBLEM.format(error.message))
        style = "../login.css"
        page = PAGE.format(title="Not signed in", content=content, style=style)
        answer: Response = HTMLResponse(page, 403, headers=HEADERS)
    else:
        target = local_target(unquote(request.cookies.get(_target_cookie(), "/")))
        answer = _welcome(request, home, account, target)
    for name in [*oidc.cookie_names(request.cookies), _target_cookie()]:
        answer.delete_cookie(name)
    return answer


async def show_style(request: Request) -> Response:
    """Send the style of these pages."""
    return FileResponse(STYLE, media_type="text/css")


ROUTES = [
    Route("/login", show_login, methods=["GET"]),
    Route("/login", sign_in, methods=["POST"]),
    Route(oidc.START, start_oidc, methods=["GET"]),
    Route(oidc.ARRIVED, arrive_from_oidc, methods=["GET"]),
    Route("/login.css", show_style, methods=["GET"]),
    Route("/logout", show_logout, methods=["GET"]),
    Route("/logout", sign_out, methods=["POST"]),
]


def _account_of(home: Home, name: str, password: str) -> Account | None:
    too_long = len(password.encode("utf-8", "replace")) > MAX_PASSWORD_BYTES
    # Also a password that can be nobody's takes as long as any other.
    return verify(home, name[: MAX_NAME_LENGTH + 1], "" if too_long else password)


def _welcome(request: Request, home: Home, account: Account, target: str) -> Response:
    answer = RedirectResponse(_inside(request, target), 303, headers=HEADERS)
    for (name, value), seconds in (
        (session_cookie(home, account), SESSION_SECONDS),
        (device_cookie(home, account), DEVICE_SECONDS),
    ):
        _set_cookie(request, answer, name=name, value=value, seconds=seconds)
    answer.delete_cookie(_form_cookie())
    return answer


def _login_page(
    request: Request, *, target: str, name: str = "", problem: str = "", status: int = 200
) -> Response:
    seed = request.cookies.get(_form_cookie()) or secrets.token_hex(16)
    content = LOGIN.format(
        problem=PROBLEM.format(problem) if problem else "",
        token=form_token(seed),
        target=target,
        others=_other_ways(target),
        name=name,
        focus_name="" if name else AUTOFOCUS,
        focus_password=AUTOFOCUS if name else "",
        described=Markup(' aria-describedby="problem"') if problem else "",
    )
    answer = HTMLResponse(
        PAGE.format(title="Sign in", content=content, style="login.css"), status, headers=HEADERS
    )
    _set_cookie(request, answer, name=_form_cookie(), value=seed, seconds=FORM_SECONDS)
    return answer


def _other_ways(target: str) -> Markup:
    return Markup().join(
        OTHER.format(
            address=f"login/oidc?{urlencode({'provider': provider, 'next': target})}",
            name="your organisation" if provider == "default" else provider,
        )
        for provider in oidc.providers()
    )


def _logout_page(request: Request, problem: str, *, status: int = 200) -> Response:
    visitor = visitor_of(request)
    assert visitor is not None
    content = LOGOUT.format(
        problem=PROBLEM.format(problem) if problem else "", name=visitor.name, token=csrf_token(visitor)
    )
    return HTMLResponse(
        PAGE.format(title="Sign out", content=content, style="login.css"), status, headers=HEADERS
    )


def _set_cookie(request: Request, answer: Response, *, name: str, value: str, seconds: int) -> None:
    answer.set_cookie(
        name, value, max_age=seconds, httponly=True, samesite="lax", secure=request.url.scheme == "https"
    )


def _target_cookie() -> str:
    return cookie_name("target", signing_key(Home.find().root))


def _form_cookie() -> str:
    return cookie_name("form", signing_key(Home.find().root))


async def _form(request: Request) -> Mapping[str, str]:
    """Return the fields of a small form; what is no such form has none."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    try:
        text = (await request.body()).decode("utf-8")
        fields = parse_qs(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def _inside(request: Request, target: str) -> str:
    root: str = request.scope.get("root_path", "")
    return target if root and target.startswith(f"{root}/") else f"{root}{target}"


def _in_words(seconds: float) -> str:
    minutes = -(-int(seconds) // 60)
    return "a minute" if minutes <= 1 else f"{minutes} minutes"
