/**
 * A look by low-latency HLS: docs/spec/hls.md. Plain requests alone, so it passes wherever the page does; about a second
 * behind. The playlist is fetched by ourselves: the bearer goes in a header, which no browser's own player sends.
 */
import { parseList, type List, type Listed } from "./hls-list";
import { Posted, Refused } from "./posted";
import type { Proof, Way, WayEvents } from "./way";

const WORDS_MS = 1_000;
/** Before the camera's codec is known nothing can be shown: ask more often. */
const EARLY_MS = 250;

/** The address of `/hls` beside that of `/view`. */
export function hlsOf(gatewayUrl: string): string {
  return gatewayUrl.replace(/^ws/, "http").replace(/\/view$/, "/hls");
}

export function byHls(proof: Proof, events: WayEvents): Way {
  let codec: () => void = () => undefined;
  let isKnown = false;
  const known = new Promise<void>((resolve) => {
    codec = () => {
      isKnown = true;
      resolve();
    };
  });
  const posted = new Posted(hlsOf(proof.answer.gateway_url), proof, {
    ...events,
    onSaid: (said) => {
      events.onSaid(said);
      if (said.type === "init") codec();
    },
  });

  async function begin(): Promise<void> {
    await posted.begin();
    await Promise.all([posted.words(() => isKnown ? WORDS_MS : EARLY_MS), pictures()]);
  }

  async function pictures(): Promise<void> {
    await known;
    let query = "";
    let last: Listed | undefined;
    let init = "";
    while (!posted.over) {
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
        return parseList(await (await posted.ask(`/live.m3u8${query}`)).text());
      } catch (error) {
        if (!(error instanceof Refused && error.kind === "silent")) throw error;
      }
    }
  }

  async function show(name: string, kind: 1 | 2): Promise<void> {
    const answer = await posted.ask(`/${name}`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const message = new Uint8Array(9 + bytes.length);
    message[0] = kind;
    new DataView(message.buffer).setBigUint64(1, BigInt(answer.headers.get("Consentry-Wall-Us") ?? "0"));
    message.set(bytes, 9);
    if (!posted.over) events.onData(message.buffer);
  }

  begin().catch((error: unknown) => posted.fail(error, ["sealed"]));

  return { name: "hls", say: (message) => posted.say(message), close: () => posted.close() };
}
