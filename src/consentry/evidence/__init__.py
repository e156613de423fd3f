"""The vault: items that are sealed, encrypted, kept and destroyed on time, disclosed, and verified by anybody."""
