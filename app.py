"""The workbench as a web application: `streamlit run app.py`, or behind any ASGI server.

`workbench app` serves the same pages without this file.
"""

from pathlib import Path

import streamlit

import workbench.ui
from workbench.ui.asgi import MIDDLEWARE, ROUTES
from workbench.ui.launch import check_configured_address

check_configured_address()
# Streamlit looks for this literal assignment in the source.
app = streamlit.App(
    Path(workbench.ui.__file__).resolve().parent / "main.py", routes=ROUTES, middleware=MIDDLEWARE
)
