/** A form that puts something on record: under way, done, or refused. */
import { useState, type FormEvent } from "react";
import type { Problem, Result } from "../api/client";

export interface Recording {
  busy: boolean;
  recorded: boolean;
  problem: Problem | undefined;
  /** Handle a submit: `send` gets what was typed, by field and without the blanks around it. */
  record: (event: FormEvent<HTMLFormElement>, send: (text: (name: string) => string) => Promise<Result<unknown>>) => Promise<void>;
}

export function useRecording(): Recording {
  const [busy, setBusy] = useState(false);
  const [recorded, setRecorded] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const record: Recording["record"] = async (event, send) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    setBusy(true);
    const done = await send((name) => String(said.get(name) ?? "").trim());
    setBusy(false);
    setRecorded(done.ok);
    setProblem(done.ok ? undefined : done.problem);
  };
  return { busy, recorded, problem, record };
}
