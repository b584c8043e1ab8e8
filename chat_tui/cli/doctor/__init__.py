"""Checks of the installation: files, terminal, keys, network. They never hang, and report no keys and no texts."""
