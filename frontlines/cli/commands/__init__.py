"""A file for each command that answers a question, and one for those around them."""
