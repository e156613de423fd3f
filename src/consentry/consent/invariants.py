"""The promises about consent, checked on a data folder. The database holds most; this names what got past it."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from consentry.consent.models import ConsentChain, ConsentVersion, Mandate
from consentry.core.invariants import Broken
from consentry.kernel.limits import MAX_CONSENT_DAYS


def broken_invariants() -> Iterator[Broken]:
    """11: consent is per camera and programme, at most 12 months, an unbroken chain, and a mandate is no consent."""
    for chain in ConsentChain.objects.prefetch_related("versions").iterator(chunk_size=500):
        yield from _broken_chain(chain)
    obliged = {(mandate.camera_id, mandate.programme_id) for mandate in Mandate.objects.all()}
    for chain in ConsentChain.objects.all():
        if (chain.camera_id, chain.programme_id) in obliged:
            yield Broken(11, f"consent {chain.id} counts a camera that an ordinance obliges")


def _broken_chain(chain: ConsentChain) -> Iterator[Broken]:
    versions = sorted(chain.versions.all(), key=_number)
    for version in versions:
        if version.expires_at - version.at > timedelta(days=MAX_CONSENT_DAYS):
            yield Broken(11, f"consent {chain.id} version {version.number} lasts more than 12 months")
    for before, after in pairwise(versions):
        if after.previous_sha256 != before.record_sha256:
            yield Broken(11, f"consent {chain.id} version {after.number} does not follow the one before it")


def _number(version: ConsentVersion) -> int:
    return version.number
