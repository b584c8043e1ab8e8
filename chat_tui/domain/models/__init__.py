"""Models, providers, parameters, prices."""
