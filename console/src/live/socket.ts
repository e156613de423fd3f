/** A look by WebSocket: docs/spec/view.md. Works wherever the page does. */
import { parseSaid, present, type Proof, type Way, type WayEvents } from "./way";

export function bySocket(proof: Proof, events: WayEvents): Way {
  const socket = new WebSocket(proof.answer.gateway_url, "consentry.view.1");
  let over = false;
  socket.binaryType = "arraybuffer";
  socket.onmessage = (event) => {
    if (over) return;
    if (event.data instanceof ArrayBuffer) return events.onData(event.data);
    const said = parseSaid(String(event.data));
    events.onSaid(said);
    if (said.type !== "challenge" || !said.nonce) return;
    void present(proof, said.nonce).then((message) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message)));
  };
  socket.onclose = () => {
    if (over) return;
    over = true;
    events.onClosed(false);
  };
  return {
    name: "socket",
    say: (message) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message)),
    close: () => {
      over = true;
      socket.close();
    },
  };
}
