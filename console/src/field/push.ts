/**
 * Sends this device's picture to a city camera by WHIP: docs/spec/whip.md.
 *
 * The key is asked for when sending begins, lives in this object and nowhere else, and is taken back at the end. While
 * it should send it dials again by itself, as often as it takes: networks of phones come and go.
 */
import { api, type Problem } from "../api/client";
import type { PushKey } from "../api/types";

export type PushState = "starting" | "sending" | "lost";

export interface PushEvents {
  onState: (state: PushState) => void;
  /** How many people look just now. */
  onWatched: (viewers: number) => void;
  /** It cannot begin, and why. */
  onFault: (fault: PushFault) => void;
}

export type PushFault = { kind: "camera-denied" | "no-h264" } | { kind: "problem"; problem: Problem };

const DIAL_AGAIN_MS = 1_500;
const CONNECT_MS = 8_000;
/** The gateway hears of a new key a moment after we have it. */
const KEY_TRIES = 12;
const KEY_WAIT_MS = 400;
const MOST_BPS = 2_500_000;

export class Push {
  private peer: RTCPeerConnection | undefined;
  private channel: RTCDataChannel | undefined;
  private key = "";
  private urls: string[] = [];
  private place = "";
  private placedAt = 0;
  private location = "";
  private over = false;
  private again: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly camera: string, private readonly stream: MediaStream, private readonly events: PushEvents,
  ) {
    void this.begin();
  }

  /** Where the device is; told at most each second while it sends. */
  locate(position: GeolocationPosition): void {
    const { latitude, longitude, accuracy, heading } = position.coords;
    const known = heading !== null && Number.isFinite(heading);
    this.place = JSON.stringify({
      type: "place", lat: latitude, lon: longitude, accuracy_m: Math.round(accuracy), ...(known && { heading_deg: Math.round(heading) % 360 }),
    });
    this.tellPlace();
  }

  /** Stop for good: the gateway is told, the key is taken back. */
  stop(): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.again);
    if (this.location) {
      const headers = { Authorization: `Bearer ${this.key}` };
      void fetch(this.location, { method: "DELETE", headers, credentials: "omit", keepalive: true }).catch(() => undefined);
    }
    if (this.key) void api("DELETE", `/pushed-cameras/${this.camera}/key`);
    this.peer?.close();
  }

  private async begin(): Promise<void> {
    this.events.onState("starting");
    const answer = await api<PushKey>("POST", `/pushed-cameras/${this.camera}/key`);
    if (this.over) return;
    if (!answer.ok) return this.events.onFault({ kind: "problem", problem: answer.problem });
    this.key = answer.data.key;
    this.urls = answer.data.whip_urls;
    await this.dial();
  }

  private async dial(): Promise<void> {
    if (this.over) return;
    this.peer?.close();
    const peer = new RTCPeerConnection();
    this.peer = peer;
    const [track] = this.stream.getVideoTracks();
    if (!track) return this.events.onFault({ kind: "camera-denied" });
    const line = peer.addTransceiver(track, {
      direction: "sendonly", streams: [this.stream], sendEncodings: [{ maxBitrate: MOST_BPS }],
    });
    const h264 = (RTCRtpSender.getCapabilities("video")?.codecs ?? []).filter((codec) => codec.mimeType === "video/H264");
    if (h264.length === 0) return this.events.onFault({ kind: "no-h264" });
    line.setCodecPreferences(h264);
    const [sound] = this.stream.getAudioTracks();
    if (sound) peer.addTransceiver(sound, { direction: "sendonly", streams: [this.stream] });
    this.channel = peer.createDataChannel("consentry.push.1", { negotiated: true, id: 0 });
    this.channel.onmessage = (event) => this.hear(String(event.data));
    this.channel.onopen = () => this.tellPlace();
    const late = setTimeout(() => this.lost(peer), CONNECT_MS);
    peer.onconnectionstatechange = () => {
      if (peer !== this.peer || this.over) return;
      if (peer.connectionState === "connected") {
        clearTimeout(late);
        this.events.onState("sending");
      } else if (["failed", "disconnected", "closed"].includes(peer.connectionState)) this.lost(peer);
    };
    try {
      await peer.setLocalDescription();
      const sdp = await this.agree(peer.localDescription?.sdp ?? "");
      if (peer !== this.peer || this.over) return;
      await peer.setRemoteDescription({ type: "answer", sdp });
    } catch {
      clearTimeout(late);
      this.lost(peer);
    }
  }

  /** Offer to each gateway in turn: the one that has the camera knows the key. */
  private async agree(offer: string): Promise<string> {
    const headers = { Authorization: `Bearer ${this.key}`, "Content-Type": "application/sdp" };
    for (let tries = 0; tries < KEY_TRIES && !this.over; tries++) {
      for (const url of this.urls) {
        const answer = await fetch(url, { method: "POST", headers, body: offer, credentials: "omit" });
        if (answer.status === 201) {
          this.location = new URL(answer.headers.get("Location") ?? "", url).href;
          return answer.text();
        }
      }
      await new Promise((done) => setTimeout(done, KEY_WAIT_MS));
    }
    throw new Error("no gateway takes the key");
  }

  private lost(peer: RTCPeerConnection): void {
    if (this.over || peer !== this.peer) return;
    this.peer = undefined;
    peer.close();
    this.events.onState("lost");
    this.again = setTimeout(() => void this.dial(), DIAL_AGAIN_MS);
  }

  private hear(text: string): void {
    const said = JSON.parse(text) as { type?: string; viewers?: number };
    if (said.type === "watched" && said.viewers !== undefined) this.events.onWatched(said.viewers);
  }

  private tellPlace(): void {
    if (!this.place || this.channel?.readyState !== "open" || Date.now() - this.placedAt < 1_000) return;
    this.placedAt = Date.now();
    this.channel.send(this.place);
  }
}
