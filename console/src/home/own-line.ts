/**
 * The owner's line to their own camera: live pictures, the recording's time line, clips. Sealed from the box at home to
 * this page; opened by the owner's signature alone (docs/spec/own-look.md).
 */
import { api } from "../api/client";
import { fromB64, toB64, toBase32, utf8, type Bytes } from "../crypto/bytes";
import { ANSWER, channelKeys, isSignedByEdge, openedMessage, openFrame, ownContext, PIECE, sealWord, type ChannelKeys } from "../crypto/own-channel";
import type { OwnerRecord } from "../crypto/keys";
import { makeBoxKey, openBox, type BoxKey } from "../crypto/sealed";
import { nalsOf, type Unit } from "../live/muxer";
import { signOwnLook } from "./sign";

export interface Shape { codec: string; width: number; height: number }

export interface Answer {
  id: number;
  error?: string;
  pictures?: Shape;
  camera?: string;
  end?: string;
  spans?: [number, number][];
  events?: { at: number; kind: string }[];
  now?: number;
  cut?: { clip: string; size_bytes: number; sha256: string; cut: [number, number] };
  signed?: string;
  /** This box can send a kept clip by itself. */
  sends?: boolean;
  sending?: { answer: string; size_bytes: number };
}

export interface LineEvents {
  /** A picture in order; undefined where some were left out: wait for the next key picture. */
  onUnit: (unit: Unit | undefined) => void;
  /** What the box says unasked: the camera's state, the end of what is played. */
  onSaid: (answer: Answer) => void;
  onEnd: (reason: string) => void;
}

interface Place { edge: string; edge_key: string; gateway: string; gateway_url: string }
type Waiting = (answer: Answer | Bytes | undefined) => void;

const ANSWER_MS = 30_000;

export class OwnLine {
  private keys: ChannelKeys | undefined;
  private up = 0;
  private last = 0;
  private number = 0;
  private over = false;
  private turn: Promise<void> = Promise.resolve();
  private saying: Promise<void> = Promise.resolve();
  private readonly waiting = new Map<number, Waiting>();

  private constructor(
    private readonly socket: WebSocket, private readonly place: Place, private readonly record: OwnerRecord,
    private readonly box: BoxKey, private readonly events: LineEvents, private readonly onOpen: () => void,
  ) {
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event) => this.hear(event.data as ArrayBuffer | string);
    socket.onclose = () => this.end("connection");
  }

  /** Sign, dial, and wait for the box; the reason when it may not be. */
  static async open(camera: string, person: string, events: LineEvents): Promise<OwnLine | { refused: string }> {
    const place = await api<Place>("GET", `/home/cameras/${camera}/line`);
    if (!place.ok) return { refused: place.problem.kind };
    const box = await makeBoxKey();
    const session = `own_${toBase32(crypto.getRandomValues(new Uint8Array(16))).toLowerCase()}`;
    const { edge, gateway } = place.data;
    const signed = await signOwnLook(person, { camera, edge, gateway, reply_key: toB64(box.point), session });
    if (!signed) return { refused: "not-signed" };
    const record = (JSON.parse(signed) as { record: OwnerRecord }).record;
    return new Promise((resolve) => {
      const socket = new WebSocket(place.data.gateway_url, "consentry.own.1");
      let settled = false;
      const line: OwnLine = new OwnLine(socket, place.data, record, box, {
        ...events,
        onEnd: (reason) => {
          if (settled) return events.onEnd(reason);
          settled = true;
          resolve({ refused: reason });
        },
      }, () => {
        settled = true;
        resolve(line);
      });
      socket.onopen = () => socket.send(JSON.stringify({ type: "present", owner_signature: signed }));
    });
  }

  /** Say a word and wait for its answer; an answer with `error` where there is none. */
  async ask(word: string, more: Record<string, string | number> = {}): Promise<Answer> {
    const answer = await this.say(word, more);
    return answer && !(answer instanceof Uint8Array) ? answer : { id: 0, error: "connection" };
  }

  /** Bytes of a clip from `at` on; empty at its end, undefined when they do not come. */
  async piece(clip: string, at: number): Promise<Bytes | undefined> {
    const answer = await this.say("piece", { clip, at });
    return answer instanceof Uint8Array ? answer : undefined;
  }

  close(): void {
    if (this.over) return;
    this.over = true;
    this.socket.close();
    this.release();
  }

  private say(word: string, more: Record<string, string | number>): Promise<Answer | Bytes | undefined> {
    const id = ++this.number;
    const plain = utf8(JSON.stringify({ id, do: word, ...more }));
    return new Promise((resolve) => {
      if (this.over || !this.keys) return resolve(undefined);
      const late = setTimeout(() => this.settle(id, undefined), ANSWER_MS);
      this.waiting.set(id, (answer) => {
        clearTimeout(late);
        resolve(answer);
      });
      const { keys } = this;
      const counter = ++this.up;
      this.saying = this.saying.then(async () => {
        const box = await sealWord(keys, counter, plain);
        if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type: "say", box }));
      });
    });
  }

  private settle(id: number, answer: Answer | Bytes | undefined): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    waiting?.(answer);
  }

  private hear(data: ArrayBuffer | string): void {
    if (this.over) return;
    if (typeof data !== "string") {
      const frame = new Uint8Array(data);
      this.turn = this.turn.then(() => this.take(frame)).catch(() => this.events.onUnit(undefined));
      return;
    }
    const said = JSON.parse(data) as { type: string; box?: string; signature?: string; kind?: string; reason?: string };
    if (said.type === "opened" && said.box && said.signature) {
      const { box, signature } = said;
      this.turn = this.turn.then(() => this.opened(box, signature)).catch(() => this.end("edge-signature"));
    } else if (said.type === "error" || said.type === "end") this.end(said.kind ?? said.reason ?? "closed");
  }

  private async opened(sealed: string, signature: string): Promise<void> {
    const box = fromB64(sealed);
    const isSigned = await isSignedByEdge(this.place.edge_key, signature, await openedMessage(this.record, box));
    if (!isSigned) return this.end(isSigned === undefined ? "old-browser" : "edge-signature");
    const session = String(this.record["session"]);
    this.keys = await channelKeys(await openBox(box, this.box, ownContext(session)), session);
    this.onOpen();
  }

  private async take(bytes: Bytes): Promise<void> {
    if (!this.keys || this.over) return;
    const frame = await openFrame(this.keys, bytes);
    if (frame.counter <= this.last) throw new Error("a frame that came before");
    if (frame.counter !== this.last + 1) this.events.onUnit(undefined);
    this.last = frame.counter;
    if (frame.kind === ANSWER) this.answered(JSON.parse(new TextDecoder().decode(frame.plain)) as Answer);
    else if (frame.kind === PIECE) this.settle(Number(new DataView(frame.plain.buffer).getBigUint64(0)), frame.plain.slice(16));
    else this.events.onUnit(unitOf(frame.plain));
  }

  private answered(answer: Answer): void {
    if (answer.id) this.settle(answer.id, answer);
    if (!answer.id || answer.pictures) this.events.onSaid(answer);
  }

  private end(reason: string): void {
    if (this.over) return;
    this.close();
    this.events.onEnd(reason);
  }

  private release(): void {
    for (const id of [...this.waiting.keys()]) this.settle(id, undefined);
  }
}

/** A plain unit of `edge-link.md`. */
function unitOf(plain: Bytes): Unit {
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
  return {
    tsUs: Number(view.getBigUint64(18)), wallUs: Number(view.getBigUint64(26)),
    key: ((plain[1] ?? 0) & 1) === 1, nals: nalsOf(plain.slice(34)),
  };
}
