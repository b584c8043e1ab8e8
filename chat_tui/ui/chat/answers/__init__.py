"""The answers of several models, beside each other."""
