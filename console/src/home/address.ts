/** An address of a camera goes from here to its edge, sealed to that edge alone and signed by its owner. */
import { api } from "../api/client";
import type { Edge } from "../api/types";
import { fromB64, toB64, utf8 } from "../crypto/bytes";
import { addressContext, seal } from "../crypto/sealed";
import { signAddress } from "./sign";

/** Before the address of a smaller stream; alone it says that there is none. docs/spec/letters.md */
const LOW_MARK = "low+";

export async function sendAddress(person: string, camera: string, edge: Edge, address: string) {
  const box = await seal(fromB64(edge.box_key), utf8(address), addressContext(camera));
  const owner_signature = await signAddress(person, camera, box);
  return api("PATCH", `/cameras/${camera}`, { sealed_address: { box: toB64(box), owner_signature } });
}

/** "" for none. */
export function sendLowAddress(person: string, camera: string, edge: Edge, address: string) {
  return sendAddress(person, camera, edge, LOW_MARK + address);
}
