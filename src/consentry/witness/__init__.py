"""A witness: an outsider that cosigns a log's checkpoints and never lets it go back (C2SP tlog-witness)."""
