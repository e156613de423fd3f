/**
 * Checks one look against the public log, here in the browser, believing nobody.
 *
 * From the statement that the owner was shown it recomputes the commitment and the log's leaf, follows the inclusion
 * proof to the checkpoint's root, and checks the log's signature. Format: docs/spec/opening.md.
 */
import type { OpeningRecord } from "../api/types";
import { fromB64, sha256, toB64, type Bytes } from "../crypto/bytes";
import { canonical, type Plain } from "../crypto/canonical";
import { isSigned, parseCheckpoint, parseLogKey } from "./checkpoint";
import { isIncluded, leafHash } from "./merkle";

export type CheckName = "commitment" | "inclusion" | "signature";
export interface Check { name: CheckName; holds: boolean | undefined }
export interface Verdict { holds: boolean; checks: Check[]; index: number; size: number; leaf: string }

/** The commitment that a statement claims: 32 bytes. */
export async function commitOf(look: OpeningRecord): Promise<Bytes> {
  const inner = await sha256(Uint8Array.of(3), fromB64(look.salt_priv), canonical(look.private as Plain));
  return sha256(Uint8Array.of(2), fromB64(look.salt_pub), canonical(look.public as Plain), inner);
}

/** The log's leaf hash that a statement claims. */
export async function leafOf(look: OpeningRecord): Promise<Bytes> {
  const entry = canonical({
    v: 1, kind: "look.commit", t: look.t, commit: toB64(await commitOf(look)),
    policy_sha256: look.public["policy_sha256"] ?? "",
  });
  return leafHash(entry);
}

/** All checks of one look; `logKey` is the log's verifier key in text form. */
export async function verifyLook(look: OpeningRecord, logKey: string): Promise<Verdict> {
  const leaf = await leafOf(look);
  const head = parseCheckpoint(look.checkpoint);
  const key = await parseLogKey(logKey);
  const size = head?.size ?? 0;
  const inclusion = head !== undefined && (await isIncluded({
    leaf, index: look.index, size, proof: look.proof.map(fromB64), root: head.root,
  }));
  const signature = head && key ? await isSigned(head, key) : false;
  const checks: Check[] = [
    { name: "commitment", holds: agrees(look) },
    { name: "inclusion", holds: inclusion },
    { name: "signature", holds: signature },
  ];
  const holds = checks.every((check) => check.holds !== false) && inclusion;
  return { holds, checks, index: look.index, size, leaf: toB64(leaf) };
}

/** Do the public and the private record say the same where both speak? */
function agrees(look: OpeningRecord): boolean {
  return ["agency", "policy_sha256", "purpose", "role", "rule"].every(
    (field) => look.public[field] === look.private[field],
  );
}
