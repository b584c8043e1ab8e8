"""Decodes streaming answers: bytes to events, events to chunks. No network, no clock."""
