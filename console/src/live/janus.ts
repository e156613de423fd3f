/**
 * A look through the gateway's Janus: docs/spec/janus.md. WebRTC that one gateway need not carry alone; Janus offers and we
 * answer, with our candidates in it, and words go by requests. It is there only where the gateway said so.
 */
import { Posted } from "./posted";
import type { Proof, Way, WayEvents } from "./way";
import { CONNECT_MS } from "./webrtc";

const WORDS_MS = 1_000;
/** Candidates of this machine are known at once; a name that is resolved for long is not waited for. */
const GATHER_MS = 1_000;

/** The address of `/janus` beside that of `/view`. */
export function janusOf(gatewayUrl: string): string {
  return gatewayUrl.replace(/^ws/, "http").replace(/\/view$/, "/janus");
}

export function byJanus(proof: Proof, events: WayEvents): Way {
  const posted = new Posted(janusOf(proof.answer.gateway_url), proof, events);
  const peer = new RTCPeerConnection();
  const fail = (error: unknown) => {
    clearTimeout(late);
    peer.close();
    posted.fail(error, ["reordered", "sealed"]);
  };
  const late = setTimeout(() => fail(undefined), CONNECT_MS);
  peer.ontrack = ({ receiver, track }) => {
    if (track.kind !== "video") return;
    if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;
    events.onStream(new MediaStream([track]), new MediaStream());
  };
  peer.onconnectionstatechange = () => {
    if (peer.connectionState === "connected") clearTimeout(late);
    else if (peer.connectionState === "failed") fail(undefined);
  };

  async function begin(): Promise<void> {
    const { offer } = await posted.begin<{ offer: string }>();
    await peer.setRemoteDescription({ type: "offer", sdp: offer });
    await peer.setLocalDescription();
    await gathered(peer);
    await posted.ask("/answer", { method: "POST", body: peer.localDescription?.sdp ?? "" });
    await posted.words(() => WORDS_MS);
  }
  begin().catch(fail);

  return {
    name: "janus",
    say: (message) => posted.say(message),
    close: () => {
      clearTimeout(late);
      posted.close();
      peer.close();
    },
  };
}

function gathered(peer: RTCPeerConnection): Promise<void> {
  if (peer.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    setTimeout(resolve, GATHER_MS);
    peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && resolve();
  });
}
