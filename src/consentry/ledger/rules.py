"""Pure rules of commit and reveal: when a reveal is due, how long records are kept, how a length is told."""

from datetime import timedelta

# The rule is 30 days at most; the job starts a day before, so that an outage of a day breaks no promise.
REVEAL_WITHIN = timedelta(days=30)
REVEAL_AFTER = timedelta(days=29)
# A seal lifts by itself; the reveal may follow within a day.
SEAL_SLACK = timedelta(days=1)
# Accounting of disclosures: 5 years; no setting goes lower (docs/design/ledger.md).
KEEP_AT_LEAST = timedelta(days=5 * 366)

_BUCKETS = ((0, "none"), (60, "under_1_min"), (300, "1_to_5_min"), (900, "5_to_15_min"))


def duration_bucket(seconds: int) -> str:
    """The public band of a look's length in seconds: none, under_1_min, 1_to_5_min, 5_to_15_min, over_15_min."""
    return next((name for bound, name in _BUCKETS if seconds <= bound), "over_15_min")
