/** The opening of a session: asked for as soon as the session is known, while its tile is still being drawn. */
import { api, type Result } from "../api/client";
import type { OpeningAnswer } from "../api/types";
import { expectPicture } from "../app/awaited";

/** How often to ask again for a commitment that the log is slow to take; the server waits 2 s each time. */
const LOG_TRIES = 5;

type Answer = Promise<Result<OpeningAnswer>>;

const early = new Map<string, Answer>();

/** Begin to open `session`; its tile takes the answer, once. */
export function openEarly(session: string): void {
  expectPicture(session);
  early.set(session, open(session));
}

/** The opening of `session`; `isGone` says that nobody waits for it any more. */
export async function openingOf(session: string, isGone: () => boolean): Answer {
  for (let tries = 1; ; tries++) {
    const answer = await (early.get(session) ?? open(session));
    early.delete(session);
    if (answer.ok || answer.problem.kind !== "ledger-late" || tries === LOG_TRIES || isGone()) return answer;
  }
}

function open(session: string): Answer {
  return api<OpeningAnswer>("POST", `/live/sessions/${session}/opening`, {});
}
