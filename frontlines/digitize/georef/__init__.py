"""Where a scan lies on Earth, and how far that is off."""
