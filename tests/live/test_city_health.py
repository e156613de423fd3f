"""Health of a city camera: its holder's word counts, under the epoch of its lease."""

from pathlib import Path

import pytest
from tests.access.stage import make_stage
from tests.access.test_leases import city_camera, second_gateway

from consentry.access import services
from consentry.cameras.queries import get_camera
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import GatewayId
from consentry.live.reports import take_reports

pytestmark = pytest.mark.django_db


def test_health_of_a_city_camera_counts_from_its_holder_under_its_epoch(tmp_path: Path) -> None:
    stage = make_stage(tmp_path)
    camera = city_camera(stage)
    services.see_gateway(stage.gateway)
    services.share_out([camera])

    def health(epoch: int, gateway: GatewayId = stage.gateway, state: str = "online") -> str:

        said = {"type": "camera_health", "cameras": {camera: state}, "epochs": {camera: epoch}}
        take_reports(gateway, [said], now=utc_now())
        return str(get_camera(camera).health)

    assert health(0) == "unknown"
    assert health(1, second_gateway()) == "unknown"
    assert health(1) == "online"
    assert health(2, state="silent") == "online"
