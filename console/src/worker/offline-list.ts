/**
 * What this browser keeps for when there is no network: names of one's own cameras, and what they noticed, still
 * sealed. No look, no address, no picture; it goes when one leaves.
 */
import type { OwnEvent } from "../api/types";

const CACHE = "consentry-offline-list";
const AT = "/offline-list";

export interface OfflineList { person: string; keptAt: number; names: Record<string, string>; events: OwnEvent[] }

export async function keepList(list: OfflineList): Promise<void> {
  if (!("caches" in globalThis)) return;
  const cache = await caches.open(CACHE);
  await cache.put(AT, new Response(JSON.stringify(list), { headers: { "Content-Type": "application/json" } }));
}

export async function readList(): Promise<OfflineList | undefined> {
  if (!("caches" in globalThis)) return undefined;
  const kept = await (await caches.open(CACHE)).match(AT);
  return kept ? ((await kept.json()) as OfflineList) : undefined;
}

export async function dropList(): Promise<void> {
  if ("caches" in globalThis) await caches.delete(CACHE);
}
