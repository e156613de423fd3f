/** The sealed channel of an own look, as `kernel/own_channel.py` (docs/spec/own-look.md): frames come down, words go up. */
import { fromB64, join, sha256, toB64, utf8, type Bytes } from "./bytes";
import { canonical, type Plain } from "./canonical";
import type { OwnerRecord } from "./keys";

const HEAD_BYTES = 26;
export const ANSWER = 0;
export const PICTURE = 1;
export const PIECE = 4;
const KINDS = new Set([ANSWER, PICTURE, 3, PIECE]);

export interface Frame { kind: number; counter: number; plain: Bytes }

export interface ChannelKeys { down: CryptoKey; up: CryptoKey; session: Bytes }

export function ownContext(session: string): string {
  return `own\n${session}`;
}

/** The 16 bytes inside an id of ours. */
export function bytesOfId(id: string): Bytes {
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  let bits = 0;
  let held = 0;
  const raw: number[] = [];
  for (const letter of id.slice(id.indexOf("_") + 1)) {
    held = ((held << 5) | alphabet.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      raw.push((held >> bits) & 255);
    }
  }
  return Uint8Array.from(raw);
}

/** What the edge signs: the owner's record that it obeyed, and the box that it made for it. */
export async function openedMessage(record: OwnerRecord, box: Bytes): Promise<Bytes> {
  return join(utf8("consentry-own-v1\n"), await sha256(utf8("consentry-owner-v1\n"), canonical(record as Plain)), box);
}

export async function channelKeys(secret: Bytes, session: string): Promise<ChannelKeys> {
  const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const derive = (label: string, use: "encrypt" | "decrypt") => crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8(label + session) }, base,
    { name: "AES-GCM", length: 256 }, false, [use],
  );
  const [down, up] = await Promise.all([derive("consentry-own-down-v1\n", "decrypt"), derive("consentry-own-up-v1\n", "encrypt")]);
  return { down, up, session: bytesOfId(session) };
}

/** A frame of the edge; throws when it is not of this channel or was changed. */
export async function openFrame(keys: ChannelKeys, frame: Bytes): Promise<Frame> {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const kind = frame[1] ?? 255;
  if (frame.length < HEAD_BYTES + 16 || frame[0] !== 2 || !KINDS.has(kind)) throw new Error("not a frame");
  const head = frame.slice(0, HEAD_BYTES);
  const iv = join(new Uint8Array(4), frame.slice(18, HEAD_BYTES));
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: head }, keys.down, frame.slice(HEAD_BYTES));
  if (toB64(head.slice(2, 18)) !== toB64(keys.session)) throw new Error("of another channel");
  return { kind, counter: Number(view.getBigUint64(18)), plain: new Uint8Array(plain) };
}

/** A word for the edge; `counter` rises by one from 1. */
export async function sealWord(keys: ChannelKeys, counter: number, plain: Bytes): Promise<string> {
  const number = new Uint8Array(8);
  new DataView(number.buffer).setBigUint64(0, BigInt(counter));
  const iv = join(new Uint8Array(4), number);
  const text = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: keys.session }, keys.up, plain);
  return toB64(join(number, new Uint8Array(text)));
}

/** Did this edge sign it? Undefined where this browser has no Ed25519. */
export async function isSignedByEdge(edgeKey: string, signature: string, message: Bytes): Promise<boolean | undefined> {
  try {
    const key = await crypto.subtle.importKey("raw", fromB64(edgeKey), "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, fromB64(signature), message);
  } catch {
    return undefined;
  }
}
