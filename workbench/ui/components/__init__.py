"""Parts of pages that are written in JavaScript."""
