"""The one process that holds the log key: it gives entries their order, writes the static files and signs checkpoints.

`loop` paces, `inbox` speaks PostgreSQL, `store` writes files durably, `cosigning` asks witnesses, `recovery` joins the
database and the files after a crash. Nothing here needs Django.
"""
