"""The table of all actions, their keys and other names."""
