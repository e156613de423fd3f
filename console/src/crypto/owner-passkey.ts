/** The owner's passkey: made at pairing, pinned at the edge; each signature takes the owner's finger, face or PIN. */
import { fromB64, join, sha256, toB64, utf8, type Bytes } from "./bytes";
import { canonical, type Plain } from "./canonical";
import type { OwnerRecord } from "./keys";

export interface OwnerPasskey { point: Bytes; credential: string; rpId: string }

const POINT_BYTES = 65;
const ES256 = -7;

/** A passkey for this site, apart from the ones for signing in. Rejects when the person cancels. */
export async function makeOwnerPasskey(person: string, name: string): Promise<OwnerPasskey> {
  const rpId = location.hostname;
  const user = await sha256(join(utf8("consentry-owner-key\n"), utf8(person), crypto.getRandomValues(new Uint8Array(16))));
  const made = (await navigator.credentials.create({
    publicKey: {
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      rp: { id: rpId, name: "Consentry" },
      user: { id: user, name, displayName: name },
      pubKeyCredParams: [{ type: "public-key", alg: ES256 }],
      authenticatorSelection: { userVerification: "required", residentKey: "preferred" },
    },
  })) as PublicKeyCredential | null;
  const spki = (made?.response as AuthenticatorAttestationResponse | undefined)?.getPublicKey();
  if (!made || !spki || spki.byteLength < POINT_BYTES) throw new Error("no passkey");
  // The point is the end of a P-256 SubjectPublicKeyInfo.
  const point = new Uint8Array(spki.slice(spki.byteLength - POINT_BYTES));
  return { point, credential: toB64(new Uint8Array(made.rawId)), rpId };
}

/** The signed text of a record, by the passkey: its challenge is the hash of what is said. */
export async function signRecordWithPasskey(credential: string, rpId: string, record: OwnerRecord): Promise<string> {
  const message = join(utf8("consentry-owner-v1\n"), canonical(record as Plain));
  const said = (await navigator.credentials.get({
    publicKey: {
      challenge: await sha256(message),
      rpId,
      allowCredentials: [{ type: "public-key", id: fromB64(credential) }],
      userVerification: "required",
    },
  })) as PublicKeyCredential | null;
  if (!said) throw new Error("no passkey");
  const response = said.response as AuthenticatorAssertionResponse;
  const text = (part: ArrayBuffer) => toB64(new Uint8Array(part));
  return JSON.stringify({
    record,
    passkey: {
      authenticator_data: text(response.authenticatorData),
      client_data: text(response.clientDataJSON),
      signature: text(response.signature),
    },
  });
}
