/** The owner's passkey: made at pairing, pinned at the edge; each signature takes the owner's finger, face or PIN. */
import { join, sha256, utf8 } from "./bytes";
import { canonical, type Plain } from "./canonical";
import type { OwnerRecord } from "./keys";
import { makePasskey, signWithPasskey, type MadePasskey } from "./made-passkey";

export type OwnerPasskey = MadePasskey;

/** A passkey for this site, apart from the ones for signing in. Rejects when the person cancels. */
export async function makeOwnerPasskey(person: string, name: string): Promise<OwnerPasskey> {
  const user = await sha256(join(utf8("consentry-owner-key\n"), utf8(person), crypto.getRandomValues(new Uint8Array(16))));
  return makePasskey(user, name, false);
}

/** The signed text of a record, by the passkey: its challenge is the hash of what is said. */
export async function signRecordWithPasskey(credential: string, rpId: string, record: OwnerRecord): Promise<string> {
  const message = join(utf8("consentry-owner-v1\n"), canonical(record as Plain));
  const { parts } = await signWithPasskey(message, rpId, credential);
  return JSON.stringify({ record, passkey: parts });
}
