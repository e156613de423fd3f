/** P-256 keys of this browser: one per ask (holder), one per person (device). Private parts never leave WebCrypto. */
import { fromB64, join, sha256, toB64, toBase32, utf8, type Bytes } from "./bytes";
import { canonical, type Plain } from "./canonical";
import { dropKey, findKey, keepKey, type StoredKey } from "./store";

const ECDSA = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGN = { name: "ECDSA", hash: "SHA-256" } as const;

export type OwnerRecord = Record<string, string | number>;

/** Holder keys of this page; the store keeps them for a reload, and nobody waits for it. */
const holders = new Map<string, StoredKey>();

async function makeKey(id: string): Promise<StoredKey> {
  const pair = await crypto.subtle.generateKey(ECDSA, false, ["sign", "verify"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { id, privateKey: pair.privateKey, point };
}

async function makeKept(id: string): Promise<StoredKey> {
  const key = await makeKey(id);
  await keepKey(key);
  return key;
}

/** A fresh holder key for an ask that is about to be made; kept under the ask's id once that is known. */
export function makeHolderKey(): Promise<StoredKey> {
  return makeKey("");
}

/** A store that fails costs only the reload: then the tile says that the look belongs to another page. */
export function keepHolderKey(key: StoredKey, ask: string): void {
  const kept = { ...key, id: `holder:${ask}` };
  holders.set(ask, kept);
  keepKey(kept).catch(() => undefined);
}

export async function findHolderKey(ask: string): Promise<StoredKey | undefined> {
  return holders.get(ask) ?? findKey(`holder:${ask}`);
}

/** An ask that is dismissed needs no key any more. */
export function dropHolderKey(ask: string): void {
  holders.delete(ask);
  dropKey(`holder:${ask}`).catch(() => undefined);
}

/** The owner's device key, made on first use. */
export async function deviceKey(person: string): Promise<StoredKey> {
  return (await findKey(`device:${person}`)) ?? makeKept(`device:${person}`);
}

/** Take the demo owner's device key, as the demo door hands it out; it is not extractable from here on. */
export async function importDeviceKey(person: string, jwk: JsonWebKey): Promise<void> {
  const privateKey = await crypto.subtle.importKey("jwk", { ...jwk, key_ops: ["sign"] }, ECDSA, false, ["sign"]);
  const point = join(Uint8Array.of(4), fromB64(jwk.x ?? ""), fromB64(jwk.y ?? ""));
  await keepKey({ id: `device:${person}`, privateKey, point });
}

export async function signBytes(key: StoredKey, message: Uint8Array<ArrayBuffer>): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign(SIGN, key.privateKey, message));
}

/** The signed text of a record that only the owner may say: `{"record": …, "signature": …}`. */
export async function signRecord(key: StoredKey, record: OwnerRecord): Promise<string> {
  const message = join(utf8("consentry-owner-v1\n"), canonical(record as Plain));
  return JSON.stringify({ record, signature: toB64(await signBytes(key, message)) });
}

export function ownerRecord(kind: string, fields: OwnerRecord): OwnerRecord {
  return { v: 1, kind, t: Date.now(), ...fields };
}

/** Twelve base32 characters that stand for a device key in a pairing code. */
export async function fingerprint(point: Uint8Array): Promise<string> {
  return toBase32(await sha256(point)).slice(0, 12);
}
