"""API keys: environment, keyring, command, credentials file."""
