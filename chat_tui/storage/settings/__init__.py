"""The settings and the system-prompt library, as TOML files."""
