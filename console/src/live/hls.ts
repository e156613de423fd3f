/**
 * A look by low-latency HLS: docs/spec/hls.md. Plain requests alone, so it passes wherever the page does; about a second
 * behind. The playlist is fetched by ourselves: the bearer goes in a header, which no browser's own player sends.
 */
import { parseList, type List, type Listed } from "./hls-list";
import { challenge, present, type Proof, type Said, type Way, type WayEvents } from "./way";

const WORDS_MS = 1_000;
/** Before the camera's codec is known nothing can be shown: ask more often. */
const EARLY_MS = 250;
/** Playlists wait 12 s at the gateway. */
const WAIT_MS = 15_000;

class Refused extends Error {
  constructor(readonly kind: string, readonly status: number, readonly reason?: string) {
    super(kind);
  }
}

/** The address of `/hls` beside that of `/view`. */
export function hlsOf(gatewayUrl: string): string {
  return gatewayUrl.replace(/^ws/, "http").replace(/\/view$/, "/hls");
}

export function byHls(proof: Proof, events: WayEvents): Way {
  const base = hlsOf(proof.answer.gateway_url);
  const stopped = new AbortController();
  const waiting: string[] = [];
  let bearer = "";
  let look = "";
  let codec: () => void = () => undefined;
  const known = new Promise<void>((resolve) => {
    codec = resolve;
  });

  const fail = (error: unknown) => {
    if (stopped.signal.aborted) return;
    stopped.abort();
    if (error instanceof Refused && error.reason) events.onSaid({ type: "end", reason: error.reason });
    else if (error instanceof Refused && error.status === 403) events.onSaid({ type: "error", kind: error.kind });
    events.onClosed(error instanceof Refused && error.kind === "sealed");
  };

  async function ask(path: string, init: RequestInit = {}): Promise<Response> {
    const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(WAIT_MS)]);
    const headers: HeadersInit = bearer ? { Authorization: `Bearer ${bearer}` } : {};
    const answer = await fetch(path, { ...init, headers, signal, credentials: "omit", cache: "no-store" });
    if (answer.ok) return answer;
    const { kind, reason } = await answer.json().catch(() => ({})) as Said;
    throw new Refused(kind ?? "", answer.status, reason);
  }

  async function begin(): Promise<void> {
    const nonce = await challenge(base);
    const form = new FormData();
    form.append("present", JSON.stringify({ ...await present(proof, nonce), nonce }));
    const told = await (await ask(base, { method: "POST", body: form })).json() as { session: string; bearer: string };
    bearer = told.bearer;
    look = `${base}/${told.session}`;
    await Promise.all([words(), pictures()]);
  }

  /** What is to be said goes out, what was said comes in. */
  async function words(): Promise<void> {
    let isKnown = false;
    void known.then(() => { isKnown = true; });
    while (!stopped.signal.aborted) {
      const answer = await ask(`${look}/words`, { method: "POST", body: waiting.shift() ?? "" });
      const { said } = await answer.json() as { said: Said[] };
      for (const one of said) {
        events.onSaid(one);
        if (one.type === "init") codec();
      }
      if (!waiting.length) await pause(isKnown ? WORDS_MS : EARLY_MS);
    }
  }

  async function pictures(): Promise<void> {
    await known;
    let query = "";
    let last: Listed | undefined;
    let init = "";
    while (!stopped.signal.aborted) {
      const list = await playlist(query);
      for (const part of list.fresh(last)) {
        // Parts that are not there any more belong to a camera that changed, or to a page that slept: go on with the next.
        if (part.init !== init) await show(init = part.init, 1);
        await show(part.name, 2);
        last = part;
      }
      query = list.nextQuery;
    }
  }

  /** The playlist once it has something new; a camera that shows nothing is waited for. */
  async function playlist(query: string): Promise<List> {
    for (;;) {
      try {
        return parseList(await (await ask(`${look}/live.m3u8${query}`)).text());
      } catch (error) {
        if (!(error instanceof Refused && error.kind === "silent")) throw error;
      }
    }
  }

  async function show(name: string, kind: 1 | 2): Promise<void> {
    const answer = await ask(`${look}/${name}`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const message = new Uint8Array(9 + bytes.length);
    message[0] = kind;
    new DataView(message.buffer).setBigUint64(1, BigInt(answer.headers.get("Consentry-Wall-Us") ?? "0"));
    message.set(bytes, 9);
    if (!stopped.signal.aborted) events.onData(message.buffer);
  }

  begin().catch(fail);

  return {
    name: "hls",
    say: (message) => waiting.push(JSON.stringify(message)),
    close: () => {
      stopped.abort();
      if (look) void fetch(look, { method: "DELETE", headers: { Authorization: `Bearer ${bearer}` }, credentials: "omit", keepalive: true }).catch(() => undefined);
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

