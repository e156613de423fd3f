/** An ask before its call stands in the log is refused, so the desk waits for it. */
import { useLoaded } from "../api/loaded";
import type { Incident, IncidentDetail } from "../api/types";

const AGAIN_MS = 400;

/** Is the call's entry durable? True without a call: city cameras need none. */
export function useIsLogged(call: Incident | undefined): boolean {
  const detail = useLoaded<IncidentDetail>(`/incidents/${call?.id ?? ""}`, {
    enabled: call !== undefined, refetchInterval: AGAIN_MS, isSettled: isLogged,
  });
  return call === undefined || (detail.state === "ready" && isLogged(detail.data));
}

function isLogged(detail: IncidentDetail): boolean {
  return detail.ledger_index !== null;
}
