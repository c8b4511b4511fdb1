"""Foreign formats, one owner module each, both directions: text and answers in, text and answers out."""
