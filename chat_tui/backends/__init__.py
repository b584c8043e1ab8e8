"""How models are reached: OpenAI-compatible servers over HTTP, and the local one."""
