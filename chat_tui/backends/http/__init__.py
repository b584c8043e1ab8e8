"""The HTTP client and how a response is read."""
