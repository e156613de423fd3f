"""After a start and now and then: the vault in order again, rows after what the log says was destroyed."""

import logging
from datetime import datetime

from consentry.evidence import models
from consentry.evidence.services.look_again import raise_alarm
from consentry.evidence.services.seal import replay_shreds
from consentry.evidence.stores.fixity import BROKEN, Checked
from consentry.evidence.vault.recovery import Recovered, recover
from consentry.evidence.vault_door import open_vault

logger = logging.getLogger(__name__)


def put_in_order(now: datetime) -> Recovered:
    """Finish what a crash left half done; what is damaged stays as it is, and a person is called once.

    Nothing is deleted but what the log says was destroyed. Unavailable when the disk does not work.
    """
    report = recover(open_vault())
    for name in report.quarantined:
        logger.warning("in the vault a file that no journal names was put aside: %s", name)
    for item, why in report.damaged.items():
        row = models.Item.objects.filter(id=item).first()
        if row is not None:
            raise_alarm(row, Checked("journal", BROKEN, why=why), now)
    replay_shreds(now)
    return report
