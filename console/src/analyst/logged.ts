/** An ask before its call stands in the log is refused, so the desk waits for it. */
import type { Result } from "../api/client";
import { useLoaded } from "../api/loaded";
import type { Incident, IncidentDetail } from "../api/types";

const AGAIN_MS = 400;

/** Is the call's entry durable? True without a call: city cameras need none. */
export function useIsLogged(call: Incident | undefined): boolean {
  const detail = useLoaded<IncidentDetail>(`/incidents/${call?.id ?? ""}`, {
    enabled: call !== undefined,
    refetchInterval: (query) => (isLogged(query.state.data as Result<IncidentDetail> | undefined) ? false : AGAIN_MS),
  });
  return call === undefined || (detail.state === "ready" && detail.data.ledger_index !== null);
}

function isLogged(answer: Result<IncidentDetail> | undefined): boolean {
  return answer?.ok === true && answer.data.ledger_index !== null;
}
