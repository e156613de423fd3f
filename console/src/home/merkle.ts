/** RFC 6962 hashing and inclusion proofs. */
import { equal, sha256, type Bytes } from "../crypto/bytes";

export function leafHash(entry: Uint8Array): Promise<Bytes> {
  return sha256(Uint8Array.of(0), entry);
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Bytes> {
  return sha256(Uint8Array.of(1), left, right);
}

export interface Inclusion { leaf: Uint8Array; index: number; size: number; proof: Uint8Array[]; root: Uint8Array }

/** Does the proof lead from the leaf to the root? (RFC 9162, 2.1.3.2) */
export async function isIncluded({ leaf, index, size, proof, root }: Inclusion): Promise<boolean> {
  if (index < 0 || index >= size) return false;
  let at = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = await nodeHash(sibling, hash);
      while (at % 2 === 0 && at !== 0) {
        at = Math.floor(at / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = await nodeHash(hash, sibling);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equal(hash, root);
}
