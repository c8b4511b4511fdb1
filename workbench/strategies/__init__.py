"""Which documents to ask about next: measures turn scores into utilities, strategies into a batch."""
