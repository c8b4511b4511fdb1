"""What the app's server answers besides Streamlit's pages: routes, and what stands in front of all."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.routing import Route

from workbench.ui.download_routes import DOWNLOAD_ROUTES

ROUTES: list[Route] = [*DOWNLOAD_ROUTES]
MIDDLEWARE: list[Middleware] = []
