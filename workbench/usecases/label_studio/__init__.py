"""A project and its other side in Label Studio: connect, push, pull, publish, watch."""
