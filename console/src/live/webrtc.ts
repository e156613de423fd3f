/** A look by WebRTC: docs/spec/whep.md. The least delay, and it does not stand still for one lost packet. */
import { challenge, parseSaid, present, type Proof, type Way, type WayEvents } from "./way";

/** Where UDP is blocked nothing ever answers. */
export const CONNECT_MS = 4_000;
/** A line that broke for a moment (a change of network) may come back by itself. */
const BROKEN_MS = 2_000;

export function canWebrtc(): boolean {
  return typeof RTCPeerConnection !== "undefined";
}

/** The address of `/whep` beside that of `/view`. */
export function whepOf(gatewayUrl: string): string {
  return gatewayUrl.replace(/^ws/, "http").replace(/\/view$/, "/whep");
}

/** Kinds of refusal that speak of this way, not of the look. */
const UNFIT = ["codec", "no-h264", "reordered", "offer", "sealed"];

export function byWebrtc(proof: Proof, events: WayEvents): Way {
  const peer = new RTCPeerConnection();
  const channel = peer.createDataChannel("consentry.view.1", { negotiated: true, id: 0 });
  const base = whepOf(proof.answer.gateway_url);
  let over = false;
  let broken: ReturnType<typeof setTimeout> | undefined;

  const stop = () => {
    over = true;
    clearTimeout(broken);
    clearTimeout(late);
  };
  // The connection is closed by `close` alone: the gateway takes that for the end of the look.
  const fail = (unfit: boolean) => {
    if (over) return;
    stop();
    events.onClosed(unfit);
  };
  const late = setTimeout(() => fail(false), CONNECT_MS);

  channel.onmessage = (event) => !over && events.onSaid(parseSaid(String(event.data)));
  channel.onclose = () => fail(false);
  peer.onconnectionstatechange = () => {
    clearTimeout(broken);
    if (peer.connectionState === "connected") clearTimeout(late);
    else if (peer.connectionState === "failed") fail(false);
    else if (peer.connectionState === "disconnected") broken = setTimeout(() => fail(false), BROKEN_MS);
  };
  const { receiver } = peer.addTransceiver("video", { direction: "recvonly" });
  // Show each picture as soon as it is decoded; the sender repeats what is lost.
  if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;

  const heard = peer.addTransceiver("audio", { direction: "recvonly" }).receiver;

  async function dial(): Promise<void> {
    const [nonce] = await Promise.all([challenge(base, events), peer.setLocalDescription()]);
    const form = new FormData();
    form.append("present", JSON.stringify({ ...await present(proof, nonce), nonce }));
    form.append("offer", peer.localDescription?.sdp ?? "");
    const answer = await fetch(base, { method: "POST", body: form, credentials: "omit" });
    if (over) return;
    if (answer.status !== 201) {
      const { kind } = await answer.json().catch(() => ({})) as { kind?: string };
      if (answer.status === 403 && kind) events.onSaid({ type: "error", kind });
      return fail(UNFIT.includes(kind ?? ""));
    }
    await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
    if (!over) events.onStream(new MediaStream([receiver.track]), new MediaStream([heard.track]));
  }
  dial().catch(() => fail(false));

  return {
    name: "webrtc",
    say: (message) => channel.readyState === "open" && channel.send(JSON.stringify(message)),
    close: () => {
      stop();
      peer.close();
    },
  };
}
