/** What the server says, as in docs/design/rooms.md and the rooms' `api.py`. Times are RFC 3339 texts or epoch ms. */

export type * from "./types-home";
export type * from "./types-office";

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
  klass: "private" | "public";
  camera_label: string;
  distance_m: number;
  /** Exact, and only while the look runs. */
  place: { lat: number; lon: number; heading_deg: number | null; fov_deg: number; range_m: number } | null;
  stage: LookStage;
  since: string | null;
  expires_at: string;
  end_reason: string | null;
  mark: string;
}

/** A session as its ask lists it; how it stands is read at `/live/sessions/{id}`. */
export interface AskSession { id: string; grant: string; klass: string; since: string; expires_at: string; ended: boolean }

export interface Ask {
  id: string;
  incident: string | null;
  purpose: string;
  state: "asked" | "asking_owners" | "decided";
  asked_at: string;
  ends_at: string;
  refusals: Refusal[];
  alternatives: Alternative[];
  no_further_view: boolean;
  sessions: AskSession[];
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
