"""The usage ledger: an SQLite file in the cache directory."""
