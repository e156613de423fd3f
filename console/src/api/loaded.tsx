/** Server state as a union of three: components cannot forget the other two. */
import { keepPreviousData, useQuery, type UseQueryOptions } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Failure } from "../design/failure";
import { Skeleton } from "../design/skeleton";
import { api, type Problem, type Result } from "./client";

export type Loaded<T> =
  | { state: "loading" }
  | { state: "failed"; problem: Problem; retry: () => void }
  | { state: "ready"; data: T };

type Settings = Pick<UseQueryOptions, "enabled" | "refetchInterval" | "staleTime"> & {
  /** While another path loads, keep showing the answer of the one before. */
  keep?: boolean;
};

/** GET `path` through the cache. The path's parts are the key, so that events can refetch by prefix. */
export function useLoaded<T>(path: string, settings: Settings = {}): Loaded<T> {
  const { keep, ...rest } = settings;
  const query = useQuery({
    ...(rest as object),
    ...(keep ? { placeholderData: keepPreviousData } : {}),
    queryKey: keyOf(path),
    queryFn: () => api<T>("GET", path),
  });
  const result: Result<T> | undefined = query.data;
  if (!result) return { state: "loading" };
  if (result.ok) return { state: "ready", data: result.data };
  return { state: "failed", problem: result.problem, retry: () => void query.refetch() };
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
