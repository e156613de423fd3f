<<<<<<< HEAD
"""The vault: items that are sealed, encrypted, kept and destroyed on time, disclosed, and verified by anybody."""
=======
"""The vault: items that are sealed, encrypted, kept, destroyed on time, disclosed, and verified by anybody offline."""
>>>>>>> room
