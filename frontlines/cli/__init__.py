"""The command line: each command parses, calls a pipeline of `frontlines.study`, writes and prints."""
