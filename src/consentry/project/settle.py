"""What must be in the database before the platform serves: tables, the policy of the folder, the gateway beside us."""

from consentry.kernel.clock import utc_now


def settle() -> None:
    """Migrate, then publish a changed policy (72 h ahead unless it is the first) and register this folder's gateway."""
    from django.core.management import call_command

    from consentry.access.services import prepare

    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    prepare(now=utc_now())


def note_settled(fingerprint: str) -> None:
    """Keep for which installation the database is ready now, so that the next start need not look; "" keeps nothing."""
    from consentry.project.models import Settled

    if fingerprint:
        Settled.objects.update_or_create(id=1, defaults={"fingerprint": fingerprint, "at": utc_now()})
