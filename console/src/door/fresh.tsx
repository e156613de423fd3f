import { useState, type ReactNode } from "react";
import type { Result } from "../api/client";
import { allauth } from "./allauth";
import { Prove } from "./prove";

/** The server's word for a second factor that was given too long ago for this act. */
const AGAIN = "factor-again";

interface Asked { types: string[]; settle: (isProven: boolean) => void }

/** Does what needs a second factor of this very quarter of an hour; where it is older, `form` asks for it and goes on. */
export function useFreshFactor(): { withFactor: <T>(act: () => Promise<Result<T>>) => Promise<Result<T>>; form: ReactNode } {
  const [asked, setAsked] = useState<Asked>();

  async function withFactor<T>(act: () => Promise<Result<T>>): Promise<Result<T>> {
    const first = await act();
    if (first.ok || first.problem.kind !== AGAIN) return first;
    const types = await factorTypes();
    if (types.length === 0) return first;
    const isProven = await new Promise<boolean>((settle) => setAsked({ types, settle }));
    setAsked(undefined);
    return isProven ? act() : first;
  }

  const form = asked && <Prove types={asked.types} onProven={() => asked.settle(true)} onLeave={() => asked.settle(false)} />;
  return { withFactor, form };
}

/** The second factors that the person has; none in the demo, whose door stands for one. */
async function factorTypes(): Promise<string[]> {
  const answer = await allauth("GET", "/account/authenticators");
  const found: unknown = answer.data;
  return Array.isArray(found) ? found.map((one) => String((one as { type?: unknown }).type)) : [];
}
