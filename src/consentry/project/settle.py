"""What must be in the database before the platform serves: tables, the policy of the folder, the gateway beside us."""

from pathlib import Path

from consentry.kernel.canonical import from_b64, parse_object
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import GatewayId

MAX_REGISTRATION_BYTES = 4_096


def settle() -> None:
    """Migrate, publish a changed policy (72 h ahead unless it is the first), register the gateway of this folder."""
    from django.conf import settings
    from django.core.management import call_command

    from consentry.access.publish import adopt_folder

    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    adopt_folder(now=utc_now())
    register_own_gateway(Path(settings.DATA) / "gateway" / "registration.json", settings.GATEWAY_ORIGIN)


def register_own_gateway(registration: Path, url: str) -> None:
    """Register the gateway that runs beside us, if there is one; others are registered by an administrator."""
    from consentry.access.services import register_gateway

    if not registration.exists():
        return
    said = parse_object(registration.read_bytes(), max_bytes=MAX_REGISTRATION_BYTES)
    register_gateway(GatewayId(str(said["gateway"])), from_b64(str(said["public_key"]), length=32), url, now=utc_now())
