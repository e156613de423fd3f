import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Problem, Result } from "../api/client";
import { Button } from "./button";
import { Failure } from "./failure";

interface Props { ask: string; sure: string; act: () => Promise<Result<unknown>> }

/** An act that ends something: one tap asks, the second does it, and everything shown is fetched again. */
export function TwoTaps({ ask, sure, act }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function go() {
    setBusy(true);
    const done = await act();
    setBusy(false);
    setProblem(done.ok ? undefined : done.problem);
    if (done.ok) await client.invalidateQueries();
  }

  if (!asked) return <Button size="small" look="quiet" onClick={() => setAsked(true)}>{ask}</Button>;
  return (
    <>
      <Button size="small" look="live" busy={busy} onClick={() => void go()}>{sure}</Button>
      <Button size="small" look="quiet" onClick={() => setAsked(false)}>{t("shell.cancel")}</Button>
      {problem && <Failure problem={problem} />}
    </>
  );
}
