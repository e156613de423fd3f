/** Sends a file into the vault in parts, from wherever it stopped; the vault compares its hash before it says *sealed*. */
import { sha256 } from "@noble/hashes/sha2.js";
import { api, cookie, type Problem } from "../api/client";
import type { Upload } from "../api/types";
import { toHex } from "../crypto/bytes";

/** At most 16 MiB by the server's rule (docs/spec/upload.md); smaller ones lose less on a bad line. */
const PART_BYTES = 4 * 1_048_576;
const SLICE_BYTES = 8 * 1_048_576;
const TRIES = 6;
const WAIT_MS = 2_000;

export type Progress = { step: "hashing" | "sending"; share: number };
export type SentAs<Begun> = { ok: true; upload: Begun } | { ok: false; problem: Problem };
export type Sent = SentAs<Upload>;

interface Sendable { id: string; state: string; offset: number }

interface About { device: string; takenAt: string; incident: string }

/** The file's SHA-256 in hex, read in slices so that a film of hours needs no memory. */
export async function hashFile(file: Blob, onShare: (share: number) => void): Promise<string> {
  const digest = sha256.create();
  for (let at = 0; at < file.size; at += SLICE_BYTES) {
    digest.update(new Uint8Array(await file.slice(at, at + SLICE_BYTES).arrayBuffer()));
    onShare(Math.min(1, (at + SLICE_BYTES) / file.size));
  }
  return toHex(digest.digest() as Uint8Array<ArrayBuffer>);
}

/** Hash, announce, send, finish. A file that was begun here before goes on where it stopped. */
export async function sendFile(file: File, about: About, onProgress: (progress: Progress) => void): Promise<Sent> {
  const hash = await hashFile(file, (share) => onProgress({ step: "hashing", share }));
  const begun = await begin(file, hash, about);
  if (!begun.ok) return begun;
  return sendParts("/uploads", begun.upload, file, hash, onProgress);
}

/** The bytes that are missing, then the end; below `base` the server speaks as docs/spec/upload.md says. */
export async function sendParts<Begun extends Sendable>(
  base: string, begun: Begun, file: Blob, hash: string, onProgress: (progress: Progress) => void,
): Promise<SentAs<Begun>> {
  let upload = begun;
  while (upload.state === "receiving" && upload.offset < file.size) {
    onProgress({ step: "sending", share: upload.offset / file.size });
    const next = await sendPart(base, upload, file);
    if (!next.ok) return next;
    upload = next.upload;
  }
  if (upload.state !== "receiving") return { ok: true, upload };
  const done = await api<Begun>("POST", `${base}/${upload.id}/finish`, { sha256: hash });
  return done.ok ? { ok: true, upload: done.data } : done;
}

async function begin(file: File, hash: string, about: About): Promise<Sent> {
  const key = `consentry-upload:${hash}`;
  const known = localStorage.getItem(key);
  if (known) {
    const found = await api<Upload>("GET", `/uploads/${known}`);
    if (found.ok && found.data.state === "receiving") return { ok: true, upload: found.data };
    localStorage.removeItem(key);
  }
  const made = await api<Upload>("POST", "/uploads", {
    name: file.name.slice(0, 200), media_type: typeOf(file), size_bytes: file.size, sha256: hash, device: about.device,
    taken_at: about.takenAt || null, incident: about.incident,
  });
  if (!made.ok) return made;
  localStorage.setItem(key, made.data.id);
  return { ok: true, upload: made.data };
}

export function typeOf(file: File): string {
  return /^[a-z0-9.+-]+\/[a-z0-9.+-]+$/.test(file.type) ? file.type : "application/octet-stream";
}

/** One part; after a lost line the server says how much it has. */
async function sendPart<Begun extends Sendable>(base: string, upload: Begun, file: Blob): Promise<SentAs<Begun>> {
  for (let tries = 1; ; tries += 1) {
    const answer = await put<Begun>(base, upload, file.slice(upload.offset, upload.offset + PART_BYTES));
    if (answer.ok || tries === TRIES || (answer.problem.status !== 0 && answer.problem.status < 500)) return answer;
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS * tries));
    const now = await api<Begun>("GET", `${base}/${upload.id}`);
    if (now.ok && now.data.offset !== upload.offset) return { ok: true, upload: now.data };
  }
}

async function put<Begun extends Sendable>(base: string, upload: Begun, part: Blob): Promise<SentAs<Begun>> {
  try {
    const response = await fetch(`/api${base}/${upload.id}/part?offset=${upload.offset}`, {
      method: "PATCH", body: part, credentials: "same-origin",
      headers: { "Content-Type": "application/octet-stream", "X-CSRFToken": cookie("csrftoken") },
    });
    const value = (await response.json()) as Begun & { kind?: string; title?: string };
    if (response.ok) return { ok: true, upload: value };
    return { ok: false, problem: { kind: value.kind ?? "error", status: response.status, title: value.title ?? "" } };
  } catch {
    return { ok: false, problem: { kind: "offline", status: 0, title: "" } };
  }
}
