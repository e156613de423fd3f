/** What the owner signs on this device. The server alone can loosen nothing. */
import { api } from "../api/client";
import type { Terms } from "../api/types";
import { sha256, toB64, toHex, type Bytes } from "../crypto/bytes";
import { canonical, type Plain } from "../crypto/canonical";
import { deviceKey, ownerRecord, signRecord, type OwnerRecord } from "../crypto/keys";
import { signRecordWithPasskey } from "../crypto/owner-passkey";

interface Known { id: string; rp_id: string; credential: string }

/** The passkey that the camera's edge pinned; undefined where it is a device key. */
async function pinnedPasskey(camera: string): Promise<Known | undefined> {
  const one = await api<{ edge: string | null }>("GET", `/cameras/${camera}`);
  return one.ok ? passkeyOfEdge(one.data.edge) : undefined;
}

async function passkeyOfEdge(id: string | null): Promise<Known | undefined> {
  const [edges, keys] = await Promise.all([
    api<{ id: string; owner_key: string }[]>("GET", "/edges"),
    api<Known[]>("GET", "/owner-keys"),
  ]);
  if (!edges.ok || !keys.ok) return undefined;
  const edge = edges.data.find((known) => known.id === id);
  const key = keys.data.find((known) => known.id === edge?.owner_key);
  return key?.rp_id ? key : undefined;
}

/** Does each signature for this camera take the owner's finger, face or PIN? */
export async function needsTouch(camera: string): Promise<boolean> {
  return (await pinnedPasskey(camera)) !== undefined;
}

/** A camera without a box is signed for by this device, whose key the server must have heard of. */
async function knowDevice(person: string, camera: string): Promise<void> {
  const one = await api<{ edge: string | null }>("GET", `/cameras/${camera}`);
  if (!one.ok || one.data.edge) return;
  const [mine, keys] = [await deviceKey(person), await api<{ public_key: string }[]>("GET", "/owner-keys")];
  const public_key = toB64(mine.point);
  if (keys.ok && !keys.data.some((key) => key.public_key === public_key)) await api("POST", "/owner-keys", { public_key, name: "" });
}

/** Signed by what the edge pinned: the passkey where there is one, else this device's key. "" when cancelled. */
async function sign(person: string, kind: string, fields: OwnerRecord): Promise<string> {
  return signWith(await pinnedPasskey(String(fields["camera"])), person, ownerRecord(kind, fields));
}

async function signWith(passkey: Known | undefined, person: string, record: OwnerRecord): Promise<string> {
  if (!passkey) return signRecord(await deviceKey(person), record);
  return signRecordWithPasskey(passkey.credential, passkey.rp_id, record).catch(() => "");
}

export async function termsSha256(terms: Terms): Promise<string> {
  return toHex(await sha256(canonical(terms as unknown as Plain)));
}

export async function signTerms(person: string, terms: Terms): Promise<string> {
  await knowDevice(person, terms.camera_id);
  return sign(person, "terms.loosen", { camera: terms.camera_id, terms_sha256: await termsSha256(terms) });
}

export function signResume(person: string, camera: string): Promise<string> {
  return sign(person, "camera.resume", { camera });
}

export async function signAddress(person: string, camera: string, box: Bytes): Promise<string> {
  return sign(person, "camera.address", { camera, box_sha256: toHex(await sha256(box)) });
}

/** As it is shown now; the whole of it, to draw a mask on; the last good one before a fault. */
export type Which = "shown" | "whole" | "last";
const PICTURES = { shown: "picture.ask", whole: "picture.whole", last: "picture.last" } as const;

export function signPictureAsk(person: string, camera: string, replyPoint: Bytes, which: Which = "shown"): Promise<string> {
  return sign(person, PICTURES[which], { camera, reply_key: toB64(replyPoint) });
}

/** Which cameras are in this home? Only its owner may ask, and the answer is sealed to `replyPoint`. */
export async function signFind(person: string, edge: string, replyPoint: Bytes): Promise<string> {
  return signWith(await passkeyOfEdge(edge), person, ownerRecord("cameras.find", { edge, reply_key: toB64(replyPoint) }));
}

/** From now on the edge seals what its cameras notice to `point` too. */
export async function signEventKey(person: string, edge: string, point: Bytes): Promise<string> {
  return signWith(await passkeyOfEdge(edge), person, ownerRecord("events.key", { edge, reply_key: toB64(point) }));
}

/** The owner's own look at their own camera: it opens the box at home for this page alone. */
export function signOwnLook(
  person: string, fields: { camera: string; edge: string; gateway: string; reply_key: string; session: string },
): Promise<string> {
  return sign(person, "own.look", fields);
}

export interface SendFields { agency: string; answer: string; camera: string; clip: string; edge: string; request: string; sha256: string }

/** The box at home may send this very clip as this answer, once. "" when the owner's finger said no. */
export function signClipSend(person: string, fields: SendFields): Promise<string> {
  return sign(person, "clip.send", { ...fields });
}

/** Let somebody of the household read what this camera notices, or no more; `key` is theirs, base64url. */
export function signShare(person: string, kind: "events.share" | "events.unshare", camera: string, key: string): Promise<string> {
  return sign(person, kind, { camera, reply_key: key });
}

export interface AskFields { agency: string; ask: string; camera: string; incident: string; minutes: number; purpose: string }

export function signYes(person: string, fields: AskFields): Promise<string> {
  return sign(person, "ask.yes", { ...fields });
}
