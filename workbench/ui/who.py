"""Under whose name the visitor is here, at the right of the row of pages."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from workbench.ui.addresses import base_path
from workbench.ui.visitors import Visitor

WHO = Markup(
    '<p class="wb-who">Signed in as <strong title="{name}, {role}">{name}</strong> '
    '<a href="{base}/logout" target="_self">Sign out</a></p>'
)


def show_who(visitor: Visitor) -> None:
    """Show the visitor's name and the way to sign out; nothing where there are no accounts."""
    if not visitor.is_local:
        st.html(WHO.format(name=visitor.name, role=visitor.role, base=base_path()))
