"""The command line: each command parses, calls public verbs, and writes."""
