"""Lines drawn on a scan, traced in pixels."""
