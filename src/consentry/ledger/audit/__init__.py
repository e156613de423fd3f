"""The parts of a full audit: `tree` re-derives every hash, `story` reads what the entries say. No Django, no keys."""
