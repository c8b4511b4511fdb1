"""Foreign formats, one owner each, in both directions: documents and annotations out of them and back."""
