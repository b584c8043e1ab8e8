"""The local model: a child process with llama.cpp, and its files."""
