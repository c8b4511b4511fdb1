"""What the app's server answers besides Streamlit's pages: routes, and what stands in front of all."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.routing import Route

from workbench.ui.gate import Gate
from workbench.ui.sign_in import ROUTES as SIGN_IN_ROUTES

ROUTES: list[Route] = [*SIGN_IN_ROUTES]
MIDDLEWARE: list[Middleware] = [Middleware(Gate)]
