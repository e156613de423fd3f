/** A recipient's passkey for one disclosure, instead of its pass-phrase (docs/spec/disclosure.md, *Passkey*). */
import { api, type Result } from "../api/client";
import type { Challenge, Passkeys, Proved } from "../api/types";
import { join, toB64, utf8 } from "../crypto/bytes";
import { canonical } from "../crypto/canonical";
import { makePasskey, signWithPasskey } from "../crypto/made-passkey";

/** Make one and register it from a page that is open; undefined when the person cancels. */
export async function addPasskey(recipient: string, only: boolean): Promise<Result<Passkeys> | undefined> {
  const made = await makePasskey(crypto.getRandomValues(new Uint8Array(32)), recipient, true).catch(() => undefined);
  if (!made) return undefined;
  return api<Passkeys>("POST", "/disclosed/passkey", { credential: made.credential, public_key: toB64(made.point), only });
}

/** Open a link by passkey; undefined when the person cancels. */
export async function provePasskey(secret: string): Promise<Result<Proved> | undefined> {
  const given = await api<Challenge>("POST", "/disclosed/passkey/challenge", { secret });
  if (!given.ok) return given;
  const { challenge } = given.data;
  const message = join(utf8("consentry-disclosed-v1\n"), canonical({ v: 1, challenge }));
  const said = await signWithPasskey(message, location.hostname).catch(() => undefined);
  if (!said) return undefined;
  const body = { secret, challenge, credential: said.credential, assertion: JSON.stringify(said.parts) };
  return api<Proved>("POST", "/disclosed/passkey/prove", body);
}
