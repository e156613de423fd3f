"""Every limit in one place. Units are in the names; sources are beside the numbers."""

# Ceilings of the policy (docs/design/access.md). Owners and programmes may only tighten them.
MAX_CALL_AGE_MIN = 120
MAX_DISTANCE_M = 800
DEFAULT_DISTANCE_M = 400
MAX_GRANT_MIN = 15
MAX_GRANT_RENEWALS = 2
MAX_INCIDENT_ACCESS_MIN = 240
MAX_VIEWS_PER_ASK = 5
MAX_PRIVATE_CAMERAS_PER_INCIDENT = 5
OWNER_ANSWER_S = 300
MAX_CONSENT_DAYS = 366
MAX_MANDATES_PER_CAMERA = 16
POLICY_NOTICE_H = 72

# Tickets, leases, clocks (docs/design/access.md, media.md).
TICKET_LIFE_MS = 60_000
LEASE_MS = 5_000
HEARTBEAT_MS = 1_000
MAX_CLOCK_SKEW_MS = 60_000
WITNESS_COVER_MS = 10_000
WITNESSED_CHECKPOINT_AGE_MS = 60_000
MAX_ROTATION_OVERLAP_MS = 30 * 86_400_000

# Ledger (C2SP tlog-tiles).
MAX_ENTRY_BYTES = 65_535
LEDGER_FRESH_S = 10

# Input.
MAX_JSON_BODY_BYTES = 1_048_576
MAX_OPENING_BYTES = 32_768
MAX_EIDO_BYTES = 524_288
MAX_CSV_ROWS = 200_000
MAX_FIELD_CHARS = 2_000
MAX_TYPES_PER_FEED = 4_000

# Media.
MAX_UNIT_BYTES = 8_388_608
MAX_VIEWER_QUEUE_BYTES = 262_144
MAX_GOP_BYTES = 33_554_432
SOURCE_SILENCE_S = 2.0

# A mask (docs/spec/mask.md): each corner costs time in each home, and nobody draws by hundreds.
MAX_MASK_POLYGONS = 16
MAX_MASK_CORNERS = 32
MAX_MASKED_PX = 8_912_896  # 4096 × 2176: one picture to decode and encode anew
