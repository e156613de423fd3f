"""Made-up names of streets and people of Port Meridian; none is taken from a real place or person."""

STREETS = (
    *("Lantern", "Cooper", "Thistle", "Osprey", "Quarry", "Larkspur", "Bramble", "Fenwick", "Juniper", "Marlow"),
    *("Pennant", "Saltmarsh", "Tamarind", "Vesper", "Wicket", "Alder", "Briar", "Cinder", "Dovecote", "Ember"),
    *("Foxglove", "Gannet", "Heron", "Islet", "Kestrel", "Linden", "Mallow", "Nettle", "Orchard", "Plover"),
    *("Quince", "Rowan", "Sorrel", "Teasel", "Umber", "Violet", "Willow", "Yarrow", "Anchor", "Beacon"),
)
AVENUES = (
    *("Meridian", "Harbour", "Chandler", "Ropewalk", "Signal", "Windlass", "Compass", "Keel", "Tiller", "Halyard"),
    *("Bosun", "Capstan", "Dory", "Ferry", "Galley", "Jetty", "Lighter", "Mizzen", "Oar", "Pilot"),
)
FIRST = ("Ada", "Bram", "Cleo", "Dario", "Esme", "Felix", "Greta", "Hugo", "Inez", "Jonas", "Kira", "Leo", "Mina")
LAST = ("Ashlock", "Brightwater", "Cordell", "Drummle", "Eastwick", "Farrowby", "Greywillow", "Hollins", "Inkpen")
PARKS = ("Meridian Gardens", "Gannet Green", "Orchard Common", "Beacon Hill Park", "Saltmarsh Reserve")
QUARTERS = ("Old Harbour", "Lantern Quarter", "Saltmarsh", "Beacon Hill", "Orchard End")


def person_name(number: int) -> str:
    """The `number`-th made-up person."""
    return f"{FIRST[number % len(FIRST)]} {LAST[(number * 5 + number // len(FIRST)) % len(LAST)]}"
