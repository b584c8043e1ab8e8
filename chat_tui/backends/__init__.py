"""Access to models: OpenAI-compatible servers over HTTP, and the local one."""
