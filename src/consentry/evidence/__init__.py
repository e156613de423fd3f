"""The vault: items that are sealed, encrypted, kept and destroyed on time, disclosed; anybody verifies them offline."""
