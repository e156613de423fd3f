/** Signed checkpoints (C2SP tlog-checkpoint, signed-note): origin, size, root, and who signed. */
import { equal, fromStandardB64, join, sha256, toHex, utf8, type Bytes } from "../crypto/bytes";

export interface Checkpoint { origin: string; size: number; root: Bytes; body: string; lines: SignatureLine[] }
export interface SignatureLine { name: string; keyId: Bytes; signature: Bytes }
export interface LogKey { name: string; keyId: Bytes; publicKey: Bytes }

/** The head in a checkpoint's text; undefined when it is none. Nothing is verified here. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const split = text.indexOf("\n\n");
  if (split < 0) return undefined;
  const body = text.slice(0, split + 1);
  const [origin, size, root] = body.split("\n");
  if (!origin || !size || !root || !/^(0|[1-9]\d{0,15})$/.test(size)) return undefined;
  try {
    const lines = text.slice(split + 2).split("\n").filter(Boolean).map(parseLine);
    return { origin, size: Number(size), root: fromStandardB64(root), body, lines };
  } catch {
    return undefined;
  }
}

function parseLine(line: string): SignatureLine {
  const [dash, name, encoded] = line.split(" ");
  if (dash !== "—" || !name || !encoded) throw new TypeError("not a signature line");
  const raw = fromStandardB64(encoded);
  return { name, keyId: raw.slice(0, 4), signature: raw.slice(4) };
}

/** The key in `name+hash+base64(0x01 ‖ key)`; undefined when the hash is not its own. */
export async function parseLogKey(vkey: string): Promise<LogKey | undefined> {
  const [name, hash, ...rest] = vkey.trim().split("+");
  if (!name || !hash || rest.length === 0) return undefined;
  const raw = fromStandardB64(rest.join("+"));
  const keyId = (await sha256(utf8(`${name}\n`), raw)).slice(0, 4);
  if (raw[0] !== 1 || raw.length !== 33 || toHex(keyId) !== hash) return undefined;
  return { name, keyId, publicKey: raw.slice(1) };
}

/** Did the log sign it? Undefined where this browser has no Ed25519. */
export async function isSigned(checkpoint: Checkpoint, key: LogKey): Promise<boolean | undefined> {
  const line = checkpoint.lines.find((found) => found.name === key.name && equal(found.keyId, key.keyId));
  if (!line || checkpoint.origin !== key.name) return false;
  try {
    const known = await crypto.subtle.importKey("raw", key.publicKey, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", known, line.signature, join(utf8(checkpoint.body)));
  } catch {
    return undefined;
  }
}
