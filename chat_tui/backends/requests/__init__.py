"""Builds requests: messages, parameters, continuations, repairs of rejected fields."""
