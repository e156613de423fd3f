/** Base64url without padding (ours), standard base64 (C2SP), base32 (RFC 4648) and byte joins. */

export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

export function utf8(text: string): Bytes {
  return new Uint8Array(encoder.encode(text));
}

export function join(...parts: Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function toB64(raw: Uint8Array): string {
  return toStandardB64(raw).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export function fromB64(text: string): Bytes {
  return fromStandardB64(text.replaceAll("-", "+").replaceAll("_", "/"));
}

export function toStandardB64(raw: Uint8Array): string {
  let text = "";
  for (const byte of raw) text += String.fromCharCode(byte);
  return btoa(text);
}

export function fromStandardB64(text: string): Bytes {
  const plain = atob(text);
  const raw = new Uint8Array(plain.length);
  for (let at = 0; at < plain.length; at++) raw[at] = plain.charCodeAt(at);
  return raw;
}

export function toHex(raw: Uint8Array): string {
  return Array.from(raw, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function toBase32(raw: Uint8Array): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  let bits = 0;
  let held = 0;
  let text = "";
  for (const byte of raw) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(held >> bits) & 31] ?? "";
      held &= (1 << bits) - 1;
    }
  }
  return bits > 0 ? text + (alphabet[(held << (5 - bits)) & 31] ?? "") : text;
}

export function equal(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

export async function sha256(...parts: Uint8Array[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts)));
}
