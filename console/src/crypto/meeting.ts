/** A box's square, as `kernel/meeting.py`: the pairing code goes to who shows it, sealed under a secret behind the `#`. */
import { fromB64, join, sha256, utf8, type Bytes } from "./bytes";

const SECRET_BYTES = 20;

/** The secret in an address's `#…`; undefined when it is none. */
export function readSquare(hash: string): Bytes | undefined {
  return /^#[A-Za-z0-9_-]{27}$/.test(hash) ? secretIn(hash.slice(1)) : undefined;
}

function secretIn(text: string): Bytes | undefined {
  const secret = fromB64(text);
  return secret.length === SECRET_BYTES ? secret : undefined;
}

/** What the meeting is called at the server; it says nothing of the secret. */
export function meetingName(secret: Bytes): Promise<Bytes> {
  return sha256(join(utf8("consentry-meeting-v1\n"), secret));
}

/** The code (20 characters) for the box alone. `nonce` is random unless a test says. */
export async function sealCode(secret: Bytes, code: string, nonce?: Bytes): Promise<Bytes> {
  const material = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const derived = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8("consentry-meeting-box-v1") };
  const key = await crypto.subtle.deriveKey(derived, material, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const iv = nonce ?? crypto.getRandomValues(new Uint8Array(12));
  return join(iv, new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, utf8(code))));
}
