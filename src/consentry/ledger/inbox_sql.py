"""How an entry enters the inbox, shared by the services and the benchmark: key, kind, bytes → id, or no row."""

from typing import Final

INBOX_CHANNEL: Final = "consentry_inbox"
PLACED_CHANNEL: Final = "consentry_ledger"

# NOTIFY takes a lock until the commit is on disk, so every writer would wait for every other; it is sent only while
# the sequencer sleeps. A writer that just misses its falling asleep is found by its next look, 100 ms later at most.
INSERT_ENTRY: Final = """
    WITH entered AS (
        INSERT INTO ledger_entry (key, kind, entry, at) VALUES (%s, %s, %s, now())
        ON CONFLICT (key) DO NOTHING RETURNING id
    )
    SELECT id, (SELECT pg_notify('consentry_inbox', '')
                WHERE NOT EXISTS (SELECT 1 FROM ledger_state WHERE NOT asleep)) FROM entered
"""
