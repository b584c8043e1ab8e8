"""Tools that models call: MCP servers, the tools of the program, and checks by JSON Schema."""
