/** The one way to the server: JSON in, a union out, so that the compiler demands the error path. */
import { isAttended } from "./presence";

export interface Problem {
  kind: string;
  status: number;
  title: string;
  conditions?: string[];
}

export type Result<T> = { ok: true; data: T } | { ok: false; problem: Problem };

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export function cookie(name: string): string {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

/** Send one request; never throws. A lost network is a problem of kind `offline`, status 0. */
export async function send<T>(method: Method, path: string, body?: unknown): Promise<Result<T>> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      headers: headersFor(method, body),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    return { ok: false, problem: { kind: "offline", status: 0, title: "" } };
  }
  const value = await parse(response);
  if (response.ok) return { ok: true, data: value as T };
  return { ok: false, problem: problemOf(response.status, value) };
}

export function api<T>(method: Method, path: string, body?: unknown): Promise<Result<T>> {
  return send<T>(method, `/api${path}`, body);
}

function headersFor(method: Method, body: unknown): HeadersInit {
  const headers: Record<string, string> = {
    Accept: "application/json", "Accept-Language": document.documentElement.lang || "en",
  };
  if (!isAttended()) headers["Consentry-Background"] = "1";
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRFToken"] = cookie("csrftoken");
  return headers;
}

async function parse(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!text) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function problemOf(status: number, value: unknown): Problem {
  const said = (value ?? {}) as Partial<Problem>;
  const kind = typeof said.kind === "string" ? said.kind : fallbackKind(status);
  const title = typeof said.title === "string" ? said.title : "";
  return { kind, status, title, conditions: Array.isArray(said.conditions) ? said.conditions : undefined };
}

function fallbackKind(status: number): string {
  if (status === 401) return "not-signed-in";
  if (status === 403) return "refused";
  if (status === 404) return "not-found";
  if (status === 429) return "limit-reached";
  return status >= 500 ? "unavailable" : "error";
}
