/** What managers, auditors and the public are told. */
import type { Role } from "./types";

export interface PolicyRule { id: string; text: string; kind: string; scope: string; texts: Record<string, string> }

export interface Policy {
  sha256: string;
  effective_at: string;
  next_sha256: string | null;
  next_effective_at: string | null;
  rules: PolicyRule[];
  cedar: string;
}

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
  origin: string;
  size: number;
  root: string;
  log_vkey: string;
  witnesses: string[];
  quorum: number;
  witnessed_size: number;
  entries: Record<string, number>;
  looks_revealed: number;
  looks_waiting: number;
}

export interface PublicLook {
  index: number;
  reveal_index: number;
  committed_at: string;
  revealed_at: string;
  agency: string;
  agency_name: string;
  role: string;
  incident_family: string;
  purpose: string;
  decision: string;
  rule: string;
  cell: string;
  lasted: string;
  end_reason: string;
}

export interface PublicLooks { looks: PublicLook[]; next_before: number | null }

export interface Decision {
  id: number;
  at: string;
  action: string;
  person: string;
  agency: string;
  resource: string;
  incident: string;
  ask: string;
  allowed: boolean;
  rule: string;
  failed: string[];
  error: string;
  policy_sha256: string;
  /** Canonical JSON. */
  facts: string;
}

export interface Replay { id: number; allowed: boolean; failed: string[]; same: boolean }

export interface LookFlag { camera: string; officer_number: string; person: string; looks: number; at: string }
