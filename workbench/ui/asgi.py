"""What the app's server answers besides Streamlit's pages: routes, and what stands in front of all."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.routing import Route

from workbench.ui import bundle_routes, download_routes, labelling_routes, sign_in
from workbench.ui.gate import Gate

ROUTES: list[Route] = [
    *sign_in.ROUTES,
    *labelling_routes.ROUTES,
    *bundle_routes.ROUTES,
    *download_routes.ROUTES,
]
MIDDLEWARE: list[Middleware] = [Middleware(Gate)]
