"""The public log nobody can shorten: inbox, sequencer, proofs, commit and reveal, and the audit that anyone can run."""
