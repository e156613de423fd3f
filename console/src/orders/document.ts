/** The court's PDF on its way to the server. */
import { cookie, type Result } from "../api/client";
import type { CourtOrder } from "../api/types";

export async function putDocument(order: string, file: File): Promise<Result<CourtOrder>> {
  try {
    const response = await fetch(`/api/orders/${order}/document`, {
      method: "PUT", body: file, credentials: "same-origin",
      headers: { "Content-Type": "application/pdf", "X-CSRFToken": cookie("csrftoken") },
    });
    const value = (await response.json()) as CourtOrder & { kind?: string; title?: string };
    if (response.ok) return { ok: true, data: value };
    return { ok: false, problem: { kind: value.kind ?? "error", status: response.status, title: value.title ?? "" } };
  } catch {
    return { ok: false, problem: { kind: "offline", status: 0, title: "" } };
  }
}
