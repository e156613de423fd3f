"""The vault: items sealed, encrypted, kept and destroyed on time, disclosed, and verified by anybody offline."""
