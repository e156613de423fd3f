/** What the ways share that go by plain requests: a proof for a bearer, words out and in, an end. docs/spec/hls.md. */
import { challenge, present, type Proof, type Said, type WayEvents } from "./way";

/** Playlists wait 12 s at the gateway. */
const WAIT_MS = 15_000;

export class Refused extends Error {
  constructor(readonly kind: string, readonly status: number, readonly reason?: string) {
    super(kind);
  }
}

export class Posted {
  private readonly stopped = new AbortController();
  private readonly waiting: string[] = [];
  private bearer = "";
  private look = "";

  constructor(private readonly base: string, private readonly proof: Proof, private readonly events: WayEvents) {}

  get over(): boolean {
    return this.stopped.signal.aborted;
  }

  /** Show the proof; what the door told, with the bearer kept here. */
  async begin<Told>(): Promise<Told> {
    const nonce = await challenge(this.base, this.events);
    const form = new FormData();
    form.append("present", JSON.stringify({ ...await present(this.proof, nonce), nonce }));
    const told = await (await this.fetch(this.base, { method: "POST", body: form })).json() as Told & { session: string; bearer: string };
    this.bearer = told.bearer;
    this.look = `${this.base}/${told.session}`;
    return told;
  }

  /** The answer to a request of this look; throws `Refused`. */
  ask(path: string, init: RequestInit = {}): Promise<Response> {
    return this.fetch(`${this.look}${path}`, init);
  }

  /** What is to be said goes out, what was said comes in, each `everyMs()`. */
  async words(everyMs: () => number): Promise<void> {
    while (!this.over) {
      const answer = await this.ask("/words", { method: "POST", body: this.waiting.shift() ?? "" });
      const { said } = await answer.json() as { said: Said[] };
      said.forEach((one) => this.events.onSaid(one));
      if (!this.waiting.length) await new Promise((resolve) => setTimeout(resolve, everyMs()));
    }
  }

  say(message: object): void {
    this.waiting.push(JSON.stringify(message));
  }

  /** It is over: told as an end or a refusal where the gateway said one. `unfit`: kinds that speak of this way. */
  fail(error: unknown, unfit: readonly string[]): void {
    if (this.over) return;
    this.stopped.abort();
    if (error instanceof Refused && error.reason) this.events.onSaid({ type: "end", reason: error.reason });
    else if (error instanceof Refused && error.status === 403) this.events.onSaid({ type: "error", kind: error.kind });
    this.events.onClosed(error instanceof Refused && unfit.includes(error.kind));
  }

  close(): void {
    this.stopped.abort();
    if (!this.look) return;
    const headers = { Authorization: `Bearer ${this.bearer}` };
    void fetch(this.look, { method: "DELETE", headers, credentials: "omit", keepalive: true }).catch(() => undefined);
  }

  private async fetch(url: string, init: RequestInit): Promise<Response> {
    const signal = AbortSignal.any([this.stopped.signal, AbortSignal.timeout(WAIT_MS)]);
    const headers: HeadersInit = this.bearer ? { Authorization: `Bearer ${this.bearer}` } : {};
    const answer = await fetch(url, { ...init, headers, signal, credentials: "omit", cache: "no-store" });
    if (answer.ok) return answer;
    const { kind, reason } = await answer.json().catch(() => ({})) as Said;
    throw new Refused(kind ?? "", answer.status, reason);
  }
}
