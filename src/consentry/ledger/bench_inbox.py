"""The benchmark of the whole way: 32 writers through PostgreSQL until each entry is durable in the log."""

from consentry.kernel.bench import Result


def inbox() -> Result:
    """x"""
    raise NotImplementedError
