/** Sealed looks (docs/spec/sealed.md): content keys by box, units opened and muxed here; no gateway sees a picture. */
import { fromB64, join, toB64, utf8, type Bytes } from "../crypto/bytes";
import { signBytes } from "../crypto/keys";
import { makeBoxKey, openBox, type BoxKey } from "../crypto/sealed";
import type { StoredKey } from "../crypto/store";
import { Muxer, nalsOf, setsOf, type Size, type Unit } from "./muxer";
import type { Piece } from "./wire";

const HEAD_BYTES = 34;
const NONCE_BYTES = 12;
const SEALED_MODE = 2;
/** Keys of before the last change open what was still on its way. */
const KEPT_KEYS = 2;

/** Does a ticket (base64url) ask for sealed units? */
export function isSealed(ticket: string): boolean {
  return fromB64(ticket)[3] === SEALED_MODE;
}

export class Opener {
  private readonly keys = new Map<number, CryptoKey>();
  private box: BoxKey | undefined;
  private muxer: Muxer | undefined;
  private size: Size = { width: 0, height: 0 };
  /** Keys and units are taken in the order in which they came. */
  private turn: Promise<void> = Promise.resolve();

  constructor(private readonly onPiece: (piece: Piece) => void) {}

  /** What a sealed look presents besides: a fresh box key, signed by the holder for this look (leaf of the ticket). */
  async present(holder: StoredKey, ticket: string): Promise<{ box_key: string; box_signature: string }> {
    this.box = await makeBoxKey();
    this.muxer = undefined;
    const message = join(utf8("consentry-view-box-v1\n"), fromB64(ticket).slice(8, 40), this.box.point);
    return { box_key: toB64(this.box.point), box_signature: toB64(await signBytes(holder, message)) };
  }

  shape(size: Size): void {
    this.size = size;
  }

  takeKey(sealed: string, session: string): void {
    this.turn = this.turn.then(() => this.keep(fromB64(sealed), session)).catch(() => undefined);
  }

  /** A unit under a key that is not ours, or that was changed, is passed over; the next key unit starts anew. */
  takeUnit(message: Bytes): void {
    this.turn = this.turn.then(() => this.show(message)).catch(() => {
      this.muxer = undefined;
    });
  }

  private async keep(sealed: Bytes, session: string): Promise<void> {
    if (!this.box) return;
    const plain = await openBox(sealed, this.box, `view-key\n${session}`);
    const number = new DataView(plain.buffer).getUint32(0);
    this.keys.set(number, await crypto.subtle.importKey("raw", plain.slice(4), "AES-GCM", false, ["decrypt"]));
    while (this.keys.size > KEPT_KEYS) this.keys.delete(Math.min(...this.keys.keys()));
  }

  private async show(message: Bytes): Promise<void> {
    const unit = await this.open(message);
    const sets = setsOf(unit);
    if (unit.key && (!this.muxer || !same(sets, this.muxer.sets))) {
      this.muxer = new Muxer(sets, this.size);
      this.onPiece({ kind: "init", wallUs: unit.wallUs, bytes: this.muxer.init });
    }
    if (this.muxer) this.onPiece({ kind: "fragment", wallUs: unit.wallUs, bytes: this.muxer.take(unit) });
  }

  private async open(message: Bytes): Promise<Unit> {
    const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
    const nonce = message.slice(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES);
    const key = this.keys.get(view.getUint32(HEAD_BYTES));
    if (!key) throw new Error("not our key");
    const opened = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv: nonce, additionalData: message.slice(0, HEAD_BYTES) }, key, message.slice(HEAD_BYTES + NONCE_BYTES),
    );
    return {
      tsUs: Number(view.getBigUint64(18)), wallUs: Number(view.getBigUint64(26)),
      key: ((message[1] ?? 0) & 1) === 1, nals: nalsOf(new Uint8Array(opened)),
    };
  }
}

function same(left: Bytes[], right: Bytes[]): boolean {
  return left.length === right.length && left.every((nal, at) => toB64(nal) === toB64(right[at] ?? new Uint8Array()));
}
