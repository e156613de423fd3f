/** What the server says, as in docs/design/rooms.md and the rooms' `api.py`. Times are RFC 3339 texts or epoch ms. */

export type Role =
  | "admin" | "analyst" | "auditor" | "integrator" | "manager" | "officer" | "owner" | "supervisor" | "support";

export interface Seat { role: Role; agency: string | null }

export interface Session {
  person: string | null;
  name: string;
  seats: Seat[];
  mfa_level: number;
  language: string;
  needs_second_factor: boolean;
  /** Why a sign-in is over: "idle", "too-old", or "". */
  ended: string;
}

export interface DemoDoor { role: Role; name: string; text: string }
export interface DemoEntry { device_key?: JsonWebKey | null }

export interface Incident {
  id: string;
  number: string;
  type_code: string;
  type_name: string;
  family: string;
  status: "open" | "closed";
  reported_at: string;
  received_at: string;
  lat: number | null;
  lon: number | null;
  block: string;
  cell: string;
  origin: "cad" | "alarm" | "manual" | "officer";
  /** Why it opens no private camera. */
  flags: string[];
}

export interface PublicCamera {
  id: string;
  name: string;
  lat: number;
  lon: number;
  heading_deg: number | null;
  fov_deg: number;
  range_m: number;
  health: string;
}

export type Band = "under_5" | "5_to_9" | "10_or_more";

export interface Refusal { rule: string; text: string }
export interface Alternative { kind: string; camera: string | null; name: string }

export type LookStage = "logging" | "ready" | "live" | "ended";

export interface LiveSession {
  id: string;
  grant: string;
  camera_label: string;
  stage: LookStage;
  since: string | null;
  expires_at: string;
  end_reason: string | null;
  mark: string;
}

export interface Ask {
  id: string;
  incident: string;
  purpose: string;
  state: "asked" | "asking_owners" | "decided";
  refusals: Refusal[];
  alternatives: Alternative[];
  no_further_view: boolean;
  sessions: LiveSession[];
}

export interface OpeningAnswer { opening: OpeningRecord; ticket: string; gateway_url: string }

export interface OpeningRecord {
  v: number;
  public: Record<string, string>;
  private: Record<string, string | number>;
  salt_pub: string;
  salt_priv: string;
  t: number;
  index: number;
  proof: string[];
  checkpoint: string;
}

export interface Look {
  id: string;
  agency: string;
  role: string;
  officer_number: string;
  type_family: string;
  distance_band: string;
  purpose: string;
  since: string;
  ended_at: string | null;
  end_reason: string | null;
  seconds: number;
  proof: OpeningRecord | null;
}

export interface HomeCamera {
  id: string;
  name: string;
  state: string;
  paused: boolean;
  looks_now: Look[];
}

export interface Home { cameras: HomeCamera[] }

export interface OwnerAsk {
  id: string;
  camera: string;
  camera_name: string;
  agency: string;
  role: string;
  officer_number: string;
  type_family: string;
  distance_band: string;
  purpose: string;
  minutes: number;
  asked_at: string;
  answer_by: string;
  record: Record<string, string | number>;
}

export interface PolicyRule { id: string; text: string; kind: string }
export interface Policy { sha256: string; effective_at: string; rules: PolicyRule[]; cedar: string }

export interface HourSpan { days: number[]; from_min: number; to_min: number }

/** `kernel/terms.py`: one version of an owner's terms, as hashed and signed. */
export interface Terms {
  camera_id: string;
  programme_id: string;
  participation: string;
  tier: "registry" | "request" | "live";
  purposes: string[];
  call_types: string[];
  max_distance_m: number;
  max_minutes_per_grant: number;
  hours: HourSpan[];
  time_zone: string;
  lookback_min: number;
  lookahead_min: number;
  approval: "ask_me" | "automatic";
  audio: boolean;
  ptz: boolean;
  emergency_ok: boolean;
  view_attested: { not_indoor: boolean; no_neighbour_dwelling: boolean; mask_sha256: string };
  waiver_sha256: string;
  expires_at_ms: number;
  version: number;
}

export interface Consent {
  id: string;
  camera: string;
  programme: string;
  state: string;
  version: number;
  terms: Terms;
  terms_sha256: string;
  given_at: string;
  expires_at: string;
}

export interface Draft { programme: string; programme_name: string; agency_name: string; terms: Terms; terms_sha256: string }
export interface Consents { consents: Consent[]; drafts: Draft[] }
export interface Waiver { version: string; sha256: string; texts: Record<string, string> }

export interface OwnCamera {
  id: string;
  name: string;
  kind: string;
  lat: number;
  lon: number;
  heading_deg: number | null;
  fov_deg: number;
  range_m: number;
  edge: string | null;
  paused: boolean;
  health: string;
}

export interface Edge { id: string; name: string; box_key: string; paired_at: string; seen_at: string | null }
export interface Pairing { code: string; expires_at: string; owner_key: string }
export interface OwnerKey { id: string; public_key: string; name: string }

export interface Programme {
  id: string;
  agency: string;
  agency_name: string;
  name: string;
  preset: string;
  state: string;
  state_since: string;
  starts_at: string | null;
  ends_at: string | null;
  tiers: string[];
  city_camera_cap: number;
  private_camera_cap: number;
  call_types: string[];
  max_distance_m: number;
  retention_days: number;
  lawful_basis: string;
  sign: string;
  impact_report_sha256: string;
  use_policy_sha256: string;
  contacts: Record<string, string>;
  vote: { body: string; instrument: string; held_at: string; allows_until: string; document_sha256: string } | null;
}

export interface ManagedProgramme extends Programme {
  city_cameras_used: number;
  private_cameras_used: number;
  next_states: string[];
}

export interface Feed {
  id: string;
  name: string;
  kind: string;
  preset: string;
  active: boolean;
  heard_at: string | null;
  taken: number;
  quarantined: number;
}

export interface QuarantinedRow { feed: string; at: string; position: number; reason: string; detail: string }

export interface AgencyPerson { id: string; name: string; role: Role; is_active: boolean; last_seen_at: string | null }

export interface PublicOverview {
  entries: number;
  looks_committed: number;
  looks_revealed: number;
  refusals: number;
  log_vkey: string;
  witnesses: { operator: string; vkey: string }[];
}

export interface PublicLook {
  index: number;
  t: number | null;
  agency: string;
  role: string;
  incident_family: string;
  purpose: string;
  decision: string;
  duration_bucket: string;
  cell: string;
}

export interface Decision {
  id: string;
  at: string;
  action: string;
  allowed: boolean;
  conditions: string[];
  policy_sha256: string;
  facts: Record<string, unknown>;
}

export interface Replay { same: boolean }
