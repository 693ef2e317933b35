"""Areas filled on a scan, traced in pixels."""
