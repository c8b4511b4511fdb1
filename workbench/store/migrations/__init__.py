"""Numbered, append-only changes of the tables; a published one is never edited."""
