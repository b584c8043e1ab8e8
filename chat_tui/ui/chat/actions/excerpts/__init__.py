"""Actions on pieces of messages: blocks of text and code, tables, links, paths."""
