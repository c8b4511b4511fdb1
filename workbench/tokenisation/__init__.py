"""Words of a text, and the alignment of characters, words and model pieces."""
