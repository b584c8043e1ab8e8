"""The command line, and the one place that wires storage, backends and the interface together."""
