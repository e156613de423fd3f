/**
 * Events carry ids only: each kind says which answers are stale, and the authorised API is asked again.
 *
 * Read with `fetch`, not `EventSource`, which hears only kinds that are named beforehand.
 */
import type { Query, QueryClient } from "@tanstack/react-query";
import { isAttended } from "./presence";

/** First word of an event's kind → first parts of the paths to fetch again. An unknown word: all of them. */
export const STALE: Record<string, readonly string[]> = {
  alert: ["alerts", "notices"],
  appeal: ["neighbors", "notices"],
  ask: ["asks", "agreements", "home", "notices"],
  camera: ["cameras", "home", "public-cameras", "pushed-cameras"],
  consent: ["cameras", "home"],
  edge: ["edges", "cameras", "home", "notices"],
  flag: ["look-flags", "home", "notices"],
  grant: ["asks", "live", "home"],
  home: ["home"],
  incident: ["incidents"],
  item: ["items", "cases", "disclosures"],
  keep: ["live"],
  look: ["home", "notices", "public"],
  mask: ["neighbors", "notices"],
  order: ["orders", "home", "notices", "public"],
  owner_key: ["owner-keys"],
  personal_export: ["account"],
  picture: ["neighbors"],
  place: ["mobile-places"],
  post: ["neighbors", "agencies", "notices"],
  programme: ["agency", "programmes", "public"],
  redaction: ["redactions", "items"],
  request: ["answers", "home", "notices", "public", "requests"],
  session: ["asks", "live"],
  upload: ["uploads"],
};

const RETRY_MS = 2_000;

export interface SentEvent { id: string; kind: string; about: string }

/** The events in `text` up to its last blank line, and what is left over. */
export function parseEvents(text: string): { events: SentEvent[]; rest: string } {
  const blocks = text.split("\n\n");
  const rest = blocks.pop() ?? "";
  const events = blocks.map((block) => {
    const lines = block.split("\n");
    const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? "";
    return { id: field("id"), kind: field("event"), about: aboutOf(field("data")) };
  });
  return { events, rest };
}

/**
 * Listen until the returned function is called; after a gap everything is fetched again.
 * `after`: what the session said; what came between its answer and the opening of the stream is heard from there.
 */
export function listen(client: QueryClient, after: number): () => void {
  const stop = new AbortController();
  void follow(client, stop.signal, after);
  return () => stop.abort();
}

async function follow(client: QueryClient, signal: AbortSignal, after: number): Promise<void> {
  let last = String(after);
  for (let turn = 0; !signal.aborted; turn++) {
    try {
      const headers: Record<string, string> = { "Last-Event-ID": last };
      if (!isAttended()) headers["Consentry-Background"] = "1";
      const response = await fetch("/api/events", { signal, headers, credentials: "same-origin" });
      if (response.ok && response.body) {
        if (turn > 0) void client.invalidateQueries();
        await read(response.body, (event) => {
          last = event.id || last;
          refresh(client, event.kind, event.about);
        });
      }
    } catch {
      // The network went, or the page does; the loop's condition tells which.
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

async function read(body: ReadableStream<Uint8Array>, hear: (event: SentEvent) => void): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>).getReader();
  let held = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const { events, rest } = parseEvents(held + value);
    held = rest;
    events.forEach(hear);
  }
}

/** The id of the object that an event is about; "" when it names none. */
function aboutOf(data: string): string {
  try {
    return String((JSON.parse(data) as { id?: string }).id ?? "");
  } catch {
    return "";
  }
}

/** Fetch again what `kind` makes stale: of objects of its own sort only `about`, of what is at rest only what it names. */
export function refresh(client: QueryClient, kind: string, about = ""): void {
  if (!kind) return;
  const roots = STALE[kind.split(".")[0] ?? ""];
  if (!roots) {
    void client.invalidateQueries();
    return;
  }
  for (const root of roots) void client.invalidateQueries({ queryKey: [root], predicate: (query) => concerns(query, about) });
}

function concerns(query: Query, about: string): boolean {
  if (!about || query.queryKey.includes(about)) return true;
  const sort = about.slice(0, about.indexOf("_") + 1);
  const isAnother = sort !== "" && query.queryKey.some((part) => String(part).startsWith(sort));
  const isAtRest = query.meta?.["isAtRest"] as ((data: unknown) => boolean) | undefined;
  return !isAnother && !isAtRest?.(query.state.data);
}
