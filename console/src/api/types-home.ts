/** What owners are told: rooms home, cameras, consent. */
import type { OpeningRecord } from "./types";

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
