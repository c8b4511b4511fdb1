"""The card on which documents are labelled."""
