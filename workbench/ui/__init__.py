"""The app: it shows and asks; every answer and every figure comes from a use case."""
