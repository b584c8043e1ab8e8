"""Failures of requests: error bodies, exceptions of the network and waits become a `ProviderError`."""
