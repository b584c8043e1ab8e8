"""Lists of models: from servers, from the cache, from a dated snapshot of facts."""
