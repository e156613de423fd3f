/** The recipient's receipt: signed by a key that this page makes and that never leaves it (docs/spec/disclosure.md). */
import type { Proved } from "../api/types";
import { join, toB64, utf8 } from "../crypto/bytes";
import { canonical, type Plain } from "../crypto/canonical";
import { makeHolderKey, signBytes } from "../crypto/keys";

export async function signReceipt(proved: Proved, openedMs: number): Promise<string> {
  const key = await makeHolderKey();
  const receipt = {
    v: 1, disclosure: proved.disclosure, nonce: proved.nonce, opened_ms: openedMs, public_key: toB64(key.point),
    items: proved.items.map(({ item, payload_sha256 }) => ({ item, payload_sha256 })),
  };
  const message = join(utf8("consentry-receipt-v1\n"), canonical(receipt as Plain));
  return JSON.stringify({ receipt, signature: toB64(await signBytes(key, message)) });
}
