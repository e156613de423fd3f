/** Pictures on their way: sent as they are, made anew by the server, covered before anybody else sees them. */
import { cookie, type Result } from "../api/client";

export type Box = [number, number, number, number];
export const SPAN = 10_000;

/** Send a file; the answer is its id. Videos are known by their type, everything else is taken for a picture. */
export async function sendPicture(file: File, coverFaces: boolean): Promise<Result<{ id: string }>> {
  const path = file.type.startsWith("video/") ? `videos?cover_faces=${coverFaces}` : "pictures";
  try {
    const response = await fetch(`/api/neighbors/${path}`, {
      method: "POST", credentials: "same-origin", body: file,
      headers: { "Content-Type": "application/octet-stream", "X-CSRFToken": cookie("csrftoken") },
    });
    const said = await response.json().catch(() => ({})) as { id?: string; kind?: string; title?: string };
    if (response.ok && said.id) return { ok: true, data: { id: said.id } };
    return { ok: false, problem: { kind: said.kind ?? "error", status: response.status, title: said.title ?? "" } };
  } catch {
    return { ok: false, problem: { kind: "offline", status: 0, title: "" } };
  }
}

/** A square around a point, inside the picture; all in ten-thousandths of its sides. */
export function boxAround(x: number, y: number, size: number, shape: number): Box {
  const wide = Math.min(SPAN, size);
  const high = Math.min(SPAN, Math.round(size * shape));
  const left = Math.round(Math.min(Math.max(0, x - wide / 2), SPAN - wide));
  const top = Math.round(Math.min(Math.max(0, y - high / 2), SPAN - high));
  return [left, top, left + wide, top + high];
}
