/** allauth's headless API: a 401 that names pending flows is an answer, not a failure. */
import { cookie, type Method } from "../api/client";

export interface Flow { id: string; is_pending?: boolean; types?: string[] }

export interface Answer {
  status: number;
  data: Record<string, unknown>;
  flows: Flow[];
  meta: Record<string, unknown>;
  errors: { message: string; code: string; param?: string }[];
}

export async function allauth(method: Method, path: string, body?: unknown): Promise<Answer> {
  const headers: Record<string, string> = { Accept: "application/json", "X-CSRFToken": cookie("csrftoken") };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    const response = await fetch(`/_allauth/browser/v1${path}`, {
      method, headers, credentials: "same-origin", body: body === undefined ? undefined : JSON.stringify(body),
    });
    const said = (await response.json().catch(() => ({}))) as Partial<Answer>;
    const data = said.data ?? {};
    return {
      status: response.status, data, flows: (data as { flows?: Flow[] }).flows ?? [],
      meta: said.meta ?? {}, errors: said.errors ?? [],
    };
  } catch {
    return { status: 0, data: {}, flows: [], meta: {}, errors: [] };
  }
}

/** Make sure that the CSRF cookie is there before the first POST. */
export async function prepare(): Promise<void> {
  if (!cookie("csrftoken")) await allauth("GET", "/config");
}

export function pending(answer: Answer): Flow | undefined {
  return answer.flows.find((flow) => flow.is_pending);
}

export type Step =
  | { at: "email" }
  | { at: "code"; email: string; confirm: "/auth/code/confirm" | "/auth/email/verify" }
  | { at: "second"; types: string[] }
  | { at: "done" };

/** The step that an answer leads to, or undefined when it is an error. */
export function stepOf(answer: Answer, email: string): Step | undefined {
  if (answer.status === 200) return { at: "done" };
  const flow = pending(answer);
  if (flow?.id === "login_by_code") return { at: "code", email, confirm: "/auth/code/confirm" };
  if (flow?.id === "verify_email") return { at: "code", email, confirm: "/auth/email/verify" };
  if (flow?.id === "mfa_authenticate") return { at: "second", types: flow.types ?? ["totp"] };
  return undefined;
}
