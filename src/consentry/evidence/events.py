"""What this room announces, inside the transaction that made it true; `project/wiring.py` names who listens."""

from dataclasses import dataclass

from consentry.kernel.ids import AgencyId, ItemId


@dataclass(frozen=True)
class ItemDamaged:
    """A file of a sealed item is `changed` or `missing`, or a layer of what verifies is `broken`."""

    item: ItemId
    agency: AgencyId
    file: str
    state: str
