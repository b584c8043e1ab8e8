"""Diagrams of Mermaid, drawn as text."""
