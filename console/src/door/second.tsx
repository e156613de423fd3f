import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Session } from "../api/types";
import { Enrol } from "./enrol";
import { RecoveryCodes } from "./recovery";

/** Agency roles need a second factor before anything else: enrol it, keep the recovery codes, go on. */
export function SecondFactor({ session }: { session: Session }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [enrolled, setEnrolled] = useState(false);
  return (
    <main className="page" id="main">
      <header className="stack tight">
        <h1>{t("door.enrol_title")}</h1>
        <p className="lead">{t("door.enrol_text", { name: session.name })}</p>
      </header>
      {enrolled
        ? <RecoveryCodes onKept={() => void client.invalidateQueries()} />
        : <Enrol onEnrolled={() => setEnrolled(true)} />}
    </main>
  );
}
