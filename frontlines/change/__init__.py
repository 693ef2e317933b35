"""Two dates compared: which ground changed hands, and by district."""
