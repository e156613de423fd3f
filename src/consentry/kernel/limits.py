"""Every limit in one place; those of what residents do are beside it, in `limits_residents.py`.

Units are in the names; sources are beside the numbers.
"""

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
MAX_SESSIONS_PER_VIEWER = 40
MAX_CONSENT_DAYS = 366
MAX_MANDATES_PER_CAMERA = 16
POLICY_NOTICE_H = 72

# Tickets, leases, clocks (docs/design/access.md, media.md).
TICKET_LIFE_MS = 60_000
LEASE_MS = 5_000
HEARTBEAT_MS = 1_000
# A gateway that signed nothing for so long holds no camera; after so long without a word it stops reading the city's.
GATEWAY_ALIVE_MS = 5_000
PULL_GRACE_MS = 15_000
MAX_CLOCK_SKEW_MS = 60_000
WITNESS_COVER_MS = 10_000
WITNESSED_CHECKPOINT_AGE_MS = 60_000
MAX_ROTATION_OVERLAP_MS = 30 * 86_400_000

# Ledger (C2SP tlog-tiles).
MAX_ENTRY_BYTES = 65_535
MAX_PROOF_BYTES = 262_144
LEDGER_FRESH_S = 10

# Input.
MAX_JSON_BODY_BYTES = 1_048_576
MAX_OPENING_BYTES = 32_768
MAX_EIDO_BYTES = 524_288
MAX_CSV_ROWS = 200_000
MAX_FIELD_CHARS = 2_000
MAX_TYPES_PER_FEED = 4_000

# An area that somebody draws (docs/design/privacy.md): 5 miles across, and no coastline.
MAX_AREA_ACROSS_M = 8_047
MAX_AREA_CORNERS = 64
# "Was this place looked at?" is answered for so many days at a time.
MAX_DAYS_OF_LOOKS = 31

# Media.
MAX_UNIT_BYTES = 8_388_608
MAX_VIEWER_QUEUE_BYTES = 262_144
# A picture that waited longer for a viewer's line is thrown away, with all up to the next key frame.
MAX_VIEWER_WAIT_S = 1.0
# What is handed to a viewer's connection before it took what it has: it can be thrown away no more.
MAX_VIEWER_UNSENT_BYTES = 32_768
# Real parameter sets have some hundred bytes; H.264 allows 32 + 256 of them, no camera has more than a few.
MAX_PARAMETER_SET_BYTES = 4_096
MAX_PARAMETER_SETS = 32
MAX_GOP_BYTES = 33_554_432
SOURCE_SILENCE_S = 2.0

# WebRTC (docs/spec/whep.md). One packet fits every path: 1 200 bytes of UDP with header, send time and tag.
MAX_OFFER_BYTES = 16_384
RTP_PAYLOAD_BYTES = 1_160
# One coded frame of sound (RFC 3640 has 13 bits for its size) with its configuration.
MAX_SOUND_BYTES = 8_320
CHALLENGE_LIFE_MS = 30_000
RTC_CONNECT_S = 10.0
RTC_SILENT_S = 10.0

# Sources other than RTSP (docs/design/media.md). The window bounds what a helper process may hand us: a burst of a
# cached group of pictures passes, a flood does not.
CHILD_WINDOW_S = 5.0
MAX_CHILD_FRAMES_PER_WINDOW = 4_000
MAX_CHILD_WINDOW_BYTES = 134_217_728
MAX_REDIRECTS = 4
MAX_PLAYLIST_BYTES = 262_144
MAX_PLAYLIST_SEGMENTS = 2_000
MAX_SEGMENT_BYTES = 67_108_864
HLS_SILENCE_S = 20.0
MAX_RTMP_CHUNK_STREAMS = 64
MAX_RTMP_LINES = 256
RTMP_PUBLISH_S = 10.0
# A push that is not let in is closed this long after it asked, whatever was wrong with it.
PUSH_REFUSED_S = 1.0
# A drone is told to the web this often; a place that is older than the second is drawn as stale.
TELEMETRY_EVERY_S = 0.5
TELEMETRY_STALE_S = 10
# How long the last place of a camera that moves is shown at all.
MOBILE_PLACE_MIN = 60

# The owner's own recording at home (docs/design/media.md, docs/spec/ring.md).
RING_DEFAULT_H = 48
RING_MAX_H = 24 * 366
RING_SEGMENT_US = 10_000_000
RING_CHUNK_US = 1_000_000
RING_CHUNK_BYTES = 1_048_576
RING_SEGMENT_BYTES = 67_108_864
RING_GAP_US = 2_000_000  # as long as a source may be silent before it counts as a fault
RING_QUEUE_BYTES = 16_777_216
RING_KEEP_FREE_BYTES = 1_073_741_824
MAX_CLIP_US = 30 * 60 * 1_000_000
MAX_CLIPS = 200
MAX_CLIP_MANIFEST_BYTES = 131_072

# The owner's own look at their own camera (docs/spec/own-look.md).
OWN_LOOK_MIN = 15
OWN_LOOK_FRESH_MS = 120_000
MAX_OWN_LOOKS_PER_EDGE = 4
MAX_OWN_LOOKS_PER_GATEWAY = 1_000
MAX_OWN_WORD_BYTES = 2_000
MAX_OWN_WORDS_PER_S = 20
MAX_OWN_WORDS_WAITING = 8
OWN_PIECE_BYTES = 262_144
MAX_OWN_ANSWERS_BYTES = 4_194_304
MAX_OWN_LINE_SPANS = 2_000
MAX_OWN_LINE_EVENTS = 500
# A recording that is played is sent no faster than the line takes it: so much of it waits at most.
OWN_PLAY_AHEAD_BYTES = 1_048_576

# A mask (docs/spec/mask.md): each corner costs time in each home, and nobody draws by hundreds.
MAX_MASK_POLYGONS = 16
MAX_MASK_CORNERS = 32
MAX_MASKED_PX = 8_912_896  # 4096 × 2176: one picture to decode and encode anew

# Cameras at home that speak ONVIF, and what they and others notice (docs/spec/onvif.md, events.md).
MAX_CAMERA_XML_BYTES = 262_144
MAX_CAMERA_XML_DEPTH = 32
MAX_CAMERA_XML_ELEMENTS = 4_000
MAX_CAMERAS_FOUND = 64
MAX_EVENT_PAYLOAD_BYTES = 65_536
EVENT_QUIET_MS = 10_000
MAX_EVENTS_KEPT = 2_000
PTZ_DEAD_MAN_MS = 1_000
PTZ_HOLD_MS = 700
PTZ_RESEND_MS = 400
MAX_PTZ_PER_S = 10

# Looks whose words go by HTTP: LL-HLS and Janus (docs/spec/hls.md, janus.md). Who asks nothing for so long has gone.
POSTED_SILENT_S = 10.0
MAX_POSTED_WORDS = 64
MAX_ENDED_REMEMBERED = 10_000

# Janus carries a look (docs/spec/janus.md). A viewer's end that Janus does not confirm so soon stops the whole camera.
JANUS_ANSWER_S = 3.0
JANUS_END_S = 0.5
JANUS_KEEP_ALIVE_S = 15.0
MAX_JANUS_ANSWER_BYTES = 262_144
MAX_JANUS_QUEUE_BYTES = 4_000_000

# LL-HLS (docs/spec/hls.md). A playlist keeps three target durations (RFC 8216bis 6.2.2); the bytes bound what one
# camera may keep, whatever it sends.
HLS_PART_US = 500_000
HLS_TARGET_US = 4_000_000
HLS_SEGMENT_US = 1_000_000
MAX_HLS_BYTES = 50_331_648
MAX_HLS_WAITS = 8

# Redaction (docs/spec/redaction.md). Two hours at 30 pictures a second; what is longer is cut into clips first.
MAX_REDACTED_FRAMES = 216_000
MAX_REDACTED_PARTS = 1_000
MAX_FACES_PER_PICTURE = 500
MAX_REGIONS = 200
MAX_REGION_KEYS = 2_000
MAX_MOVES = 2_000
MAX_SOUND_SPANS = 2_000
MAX_PLAN_BYTES = 67_108_864
MAX_REDACTION_READ_BYTES = 1_048_576
MAX_PREVIEW_PX = 960
MAX_LOOK_PX = 4_096
# A child that neither asks for bytes nor says anything for so long is ended.
REDACTION_SILENT_S = 120.0
# What one person sees in one piece and reviews as a whole; its film goes through memory, never onto a disk.
REDACTION_RANGE_US = 10_000_000
MAX_RANGE_FRAMES = 300
MAX_RANGE_FILM_BYTES = 67_108_864
MAX_REDACTIONS_PER_ITEM = 20
# A worker's turn at one redaction; one that broke off so often is not begun again by itself.
MAX_REDACTION_S = 6 * 3_600
MAX_REDACTION_TRIES = 3

# Disclosures (docs/spec/disclosure.md).
DISCLOSURE_DAYS = 30
MAX_DISCLOSURE_DAYS = 365
MAX_ITEMS_PER_DISCLOSURE = 200
MAX_RECEIPT_BYTES = 65_536
MAX_WRONG_PASSPHRASES = 10
DISCLOSURE_LOCKED_S = 3_600
DISCLOSURE_NONCE_S = 300
DISCLOSURE_OPENING_S = 8 * 3_600
MAX_DISCLOSURE_PASSKEYS = 5
MAX_DISCLOSURE_CHALLENGES = 20
# The named copy that a recipient plays: its largest side, how long a piece is (time, or bytes when those come first)
# and how often it can be entered; one piece is held in memory. What nobody plays for a day goes, and the oldest first
# when all copies together are too large.
NAMED_PX = 1_920
NAMED_PIECE_US = 6_000_000
NAMED_PIECE_BYTES = 16_777_216
NAMED_GOP_US = 2_000_000
MAX_NAMED_PIECE_BYTES = 134_217_728
MAX_NAMED_PIECES = 50_000
MAX_NAMED_BYTES = 64 * 1_073_741_824
NAMED_KEPT_H = 24
# As long as an item may be: 400 days.
MAX_NAMED_PLACE_MS = 400 * 86_400_000
MAX_NAMED_TRIES = 5
# Bags of one item that lie ready or are being made; each may hold a copy for players.
MAX_EXPORTS_PER_ITEM = 20

# The vault (docs/design/vault.md, docs/spec/keep.md, docs/spec/upload.md). A segment of 10 s at 50 Mbit/s fits.
MAX_KEEPS_PER_GATEWAY = 10_000
MAX_VAULT_SEGMENT_BYTES = 134_217_728
# What a gateway does not deliver within this time after the end is not waited for: the item is sealed without it.
KEEP_DELIVERY_H = 24
MAX_UPLOAD_BYTES = 64 * 1_073_741_824
MAX_UPLOAD_PART_BYTES = 16_777_216
MAX_UPLOADS_PER_PERSON = 20
UPLOAD_LIFE_H = 72
MAX_SCAN_S = 600
MAX_CLIP_BYTES = 8 * 1_073_741_824
MAX_BULK_ITEMS = 200
MAX_CASES_PER_ITEM = 32
MAX_THUMBNAIL_BYTES = 131_072
MAX_STILL_SOURCE_BYTES = 67_108_864

# The vault (docs/spec/item.md). A journal of so many bytes makes a manifest that is read in 64 MiB of memory; 20 000
# segments of 10 s are 55 h. A line holds at most a clip's signed manifest.
VAULT_FRAME_BYTES = 1_048_576
MAX_ITEM_SEGMENTS = 20_000
MAX_ITEM_SEGMENT_BYTES = 1 << 40
MAX_ITEM_ABOUT_BYTES = 262_144
MAX_ITEM_LINE_BYTES = 196_608
MAX_ITEM_JOURNAL_BYTES = 8_388_608
MAX_ITEM_MANIFEST_BYTES = 9_437_184
MAX_ITEM_ENVELOPE_BYTES = 12_713_984
MAX_TIMESTAMP_BYTES = 65_536
# Below this the vault takes no more segments, so that what it holds can always be closed.
VAULT_KEEP_FREE_BYTES = 67_108_864
VAULT_LOCK_WAIT_S = 10.0

# A bag that somebody hands in to be checked (docs/spec/bag.md): what is read into memory at once, and how much of it.
# An item of MAX_ITEM_SEGMENTS fits, with the records around it.
MAX_BAG_FILES = MAX_ITEM_SEGMENTS + 64
MAX_BAG_DIRECTORY_BYTES = 4_194_304
MAX_BAG_NAME_CHARS = 160
MAX_BAG_LIST_BYTES = 4_194_304
MAX_BAG_RECORD_BYTES = MAX_ITEM_ENVELOPE_BYTES
MAX_TRUST_BYTES = 262_144
MAX_CUSTODY_EVENTS = 20_000
# The player's copy is made of at most so much; a longer item goes without.
MAX_PLAYER_BYTES = 64 << 30
MAX_PLAYER_TRACKS = 8
PLAYER_BYTES_PER_CPU_S = 20_000_000

# Stores of the vault (docs/spec/item.md). S3 takes so much in one request, else so many parts; who heaps up versions
# gets no further.
MAX_S3_FILE_BYTES = 5_000_000_000
MAX_S3_PARTS = 10_000
MAX_STORED_VERSIONS = 100_000

# Timestamps (RFC 3161): an authority answers in so long, and the time in its answer lies within this of ours.
TIMESTAMP_ANSWER_S = 15.0
TIMESTAMP_MAX_SKEW_MS = 300_000
