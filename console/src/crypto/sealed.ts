/** Sealed to one P-256 key, as `kernel/sealed_box.py`: point (65) ‖ nonce (12) ‖ AES-256-GCM text and tag. */
import { join, utf8, type Bytes } from "./bytes";

const ECDH = { name: "ECDH", namedCurve: "P-256" } as const;

export function addressContext(camera: string): string {
  return `camera-address\n${camera}`;
}

export function pictureContext(camera: string): string {
  return `picture\n${camera}`;
}

export function foundContext(edge: string): string {
  return `found\n${edge}`;
}

export function eventContext(camera: string): string {
  return `event\n${camera}`;
}

/** A box that only the holder of `recipient` (65-byte point) opens. */
export async function seal(recipient: Bytes, plain: Bytes, context: string): Promise<Bytes> {
  const pair = await crypto.subtle.generateKey(ECDH, false, ["deriveBits"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const key = await boxKey(pair.privateKey, recipient, join(point, recipient), context, "encrypt");
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const text = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, key, plain);
  return join(point, nonce, new Uint8Array(text));
}

/** What is in a box for `own`; throws when it is for another key or context. */
export async function openBox(box: Bytes, own: BoxKey, context: string): Promise<Bytes> {
  const point = box.slice(0, 65);
  const key = await boxKey(own.privateKey, point, join(point, own.point), context, "decrypt");
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: box.slice(65, 77) }, key, box.slice(77));
  return new Uint8Array(plain);
}

export interface BoxKey { privateKey: CryptoKey; point: Bytes }

/** A key for one reply; it lives as long as the page. */
export async function makeBoxKey(): Promise<BoxKey> {
  const pair = await crypto.subtle.generateKey(ECDH, false, ["deriveBits"]);
  return { privateKey: pair.privateKey, point: new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)) };
}

async function boxKey(
  own: CryptoKey, other: Bytes, salt: Bytes, context: string, use: "encrypt" | "decrypt",
): Promise<CryptoKey> {
  const remote = await crypto.subtle.importKey("raw", other, ECDH, false, []);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: remote }, own, 256);
  const secret = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const info = utf8(`consentry-box-v1\n${context}`);
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt, info }, secret, { name: "AES-GCM", length: 256 }, false, [use],
  );
}
