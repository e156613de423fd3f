import { useTranslation } from "react-i18next";
import type { Problem } from "../api/client";
import { problemText } from "../app/problem";
import { Button } from "./button";

/** A problem in plain words, with what to do next. */
export function Failure({ problem, retry }: { problem: Problem; retry?: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="note bad stack tight" role="alert">
      <p>{problemText(t, problem)}</p>
      {retry && <div><Button size="small" onClick={retry}>{t("shell.retry")}</Button></div>}
    </div>
  );
}
