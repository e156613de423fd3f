/** Server state as a union of three: components cannot forget the other two. */
import { keepPreviousData, useQuery, useQueryClient, type QueryClient, type UseQueryOptions } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Failure } from "../design/failure";
import { Skeleton } from "../design/skeleton";
import { api, type Problem, type Result } from "./client";

export type Loaded<T> =
  | { state: "loading" }
  | { state: "failed"; problem: Problem; retry: () => void }
  | { state: "ready"; data: T };

type Settings<T> = Pick<UseQueryOptions, "enabled" | "staleTime"> & {
  /** Fetch again so often, in ms, until it is settled. */
  refetchInterval?: number;
  /** While another path loads, keep showing the answer of the one before. */
  keep?: boolean;
  /** When the server does not answer for a moment the last good answer stays: what is shown would end if it went. */
  holds?: boolean;
  /** True for an answer that changes no more by itself: only an event that names it fetches it again. */
  isSettled?: (data: T) => boolean;
};

/** GET `path` through the cache. The path's parts are the key, so that events can refetch by prefix. */
export function useLoaded<T>(path: string, settings: Settings<T> = {}): Loaded<T> {
  const { keep, holds, isSettled, refetchInterval, ...rest } = settings;
  const client = useQueryClient();
  const isAtRest = (data: unknown) => isOk<T>(data) && isSettled?.(data.data) === true;
  const query = useQuery({
    ...(rest as object),
    meta: { isAtRest },
    refetchInterval: ({ state }) => (isAtRest(state.data) ? false : refetchInterval),
    ...(keep ? { placeholderData: keepPreviousData } : {}),
    queryKey: keyOf(path),
    queryFn: async () => {
      const answer = await api<T>("GET", path);
      const before = client.getQueryData<Result<T>>(keyOf(path));
      return holds && before?.ok && !answer.ok && passes(answer.problem) ? before : answer;
    },
  });
  const result: Result<T> | undefined = query.data;
  if (!result) return { state: "loading" };
  if (result.ok) return { state: "ready", data: result.data };
  return { state: "failed", problem: result.problem, retry: () => void query.refetch() };
}

/** A line that is cut, a server that starts again or has too much to do: it says nothing of what was asked for. */
function passes({ status }: Problem): boolean {
  return status === 0 || status === 429 || status >= 500;
}

function isOk<T>(data: unknown): data is { ok: true; data: T } {
  return (data as Result<T> | undefined)?.ok === true;
}

/** GET `path` before the page that shows it is here; what fails is forgotten, and the page asks again. */
export async function loadAhead(client: QueryClient, path: string): Promise<void> {
  const queryKey = keyOf(path);
  await client.prefetchQuery({ queryKey, queryFn: () => api("GET", path) });
  if (!isOk(client.getQueryData(queryKey))) client.removeQueries({ queryKey, exact: true, type: "inactive" });
}

/** Put an answer that came another way where `useLoaded` of `path` finds it. */
export function keepLoaded<T>(client: QueryClient, path: string, data: T): void {
  client.setQueryData(keyOf(path), { ok: true, data } satisfies Result<T>);
}

export function keyOf(path: string): string[] {
  return path.split(/[/?]/).filter(Boolean);
}

interface ShowProps<T> {
  of: Loaded<T>;
  children: (data: T) => ReactNode;
  lines?: number;
}

/** A skeleton while loading, the problem in plain words when it failed, the data otherwise. */
export function Show<T>({ of, children, lines = 3 }: ShowProps<T>): ReactNode {
  if (of.state === "loading") return <Skeleton lines={lines} />;
  if (of.state === "failed") return <Failure problem={of.problem} retry={of.retry} />;
  return children(of.data);
}
