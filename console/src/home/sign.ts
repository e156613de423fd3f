/** What the owner signs on this device. The server alone can loosen nothing. */
import type { Terms } from "../api/types";
import { sha256, toB64, toHex, type Bytes } from "../crypto/bytes";
import { canonical, type Plain } from "../crypto/canonical";
import { deviceKey, ownerRecord, signRecord, type OwnerRecord } from "../crypto/keys";

async function sign(person: string, kind: string, fields: OwnerRecord): Promise<string> {
  return signRecord(await deviceKey(person), ownerRecord(kind, fields));
}

export async function termsSha256(terms: Terms): Promise<string> {
  return toHex(await sha256(canonical(terms as unknown as Plain)));
}

export async function signTerms(person: string, terms: Terms): Promise<string> {
  return sign(person, "terms.loosen", { camera: terms.camera_id, terms_sha256: await termsSha256(terms) });
}

export function signResume(person: string, camera: string): Promise<string> {
  return sign(person, "camera.resume", { camera });
}

export async function signAddress(person: string, camera: string, box: Bytes): Promise<string> {
  return sign(person, "camera.address", { camera, box_sha256: toHex(await sha256(box)) });
}

export function signPictureAsk(person: string, camera: string, replyPoint: Bytes): Promise<string> {
  return sign(person, "picture.ask", { camera, reply_key: toB64(replyPoint) });
}

export interface AskFields { agency: string; ask: string; camera: string; incident: string; minutes: number; purpose: string }

export function signYes(person: string, fields: AskFields): Promise<string> {
  return sign(person, "ask.yes", { ...fields });
}
