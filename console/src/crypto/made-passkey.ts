/** Passkeys whose public key we keep ourselves, and which sign what is said: the challenge is the hash of a message. */
import { fromB64, sha256, toB64, type Bytes } from "./bytes";

export interface MadePasskey { point: Bytes; credential: string; rpId: string }

export interface PasskeyProof { credential: string; parts: { authenticator_data: string; client_data: string; signature: string } }

const POINT_BYTES = 65;
const ES256 = -7;

/** A passkey for this site. `isFound`: it must be found later without its name. Rejects when the person cancels. */
export async function makePasskey(user: Bytes, name: string, isFound: boolean): Promise<MadePasskey> {
  const rpId = location.hostname;
  const made = (await navigator.credentials.create({
    publicKey: {
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      rp: { id: rpId, name: "Consentry" },
      user: { id: user, name, displayName: name },
      pubKeyCredParams: [{ type: "public-key", alg: ES256 }],
      authenticatorSelection: { userVerification: "required", residentKey: isFound ? "required" : "preferred" },
    },
  })) as PublicKeyCredential | null;
  const spki = (made?.response as AuthenticatorAttestationResponse | undefined)?.getPublicKey();
  if (!made || !spki || spki.byteLength < POINT_BYTES) throw new Error("no passkey");
  // The point is the end of a P-256 SubjectPublicKeyInfo.
  const point = new Uint8Array(spki.slice(spki.byteLength - POINT_BYTES));
  return { point, credential: toB64(new Uint8Array(made.rawId)), rpId };
}

/** A passkey's signature over `message`; without `credential` the person chooses which. Rejects when they cancel. */
export async function signWithPasskey(message: Bytes, rpId: string, credential?: string): Promise<PasskeyProof> {
  const said = (await navigator.credentials.get({
    publicKey: {
      challenge: await sha256(message),
      rpId,
      allowCredentials: credential === undefined ? [] : [{ type: "public-key", id: fromB64(credential) }],
      userVerification: "required",
    },
  })) as PublicKeyCredential | null;
  if (!said) throw new Error("no passkey");
  const response = said.response as AuthenticatorAssertionResponse;
  const text = (part: ArrayBuffer) => toB64(new Uint8Array(part));
  return {
    credential: text(said.rawId),
    parts: {
      authenticator_data: text(response.authenticatorData),
      client_data: text(response.clientDataJSON),
      signature: text(response.signature),
    },
  };
}
