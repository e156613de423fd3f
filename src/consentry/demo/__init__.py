"""The demo city Port Meridian: made up, deterministic by seed; its streets, homes, cameras, people and calls."""
