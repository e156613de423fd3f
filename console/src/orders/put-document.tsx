import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Problem } from "../api/client";
import type { CourtOrder } from "../api/types";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { putDocument } from "./document";

/** The court's PDF, until somebody has reviewed the order. */
export function PutDocument({ order }: { order: CourtOrder }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function put(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const file = new FormData(event.currentTarget).get("document");
    if (!(file instanceof File)) return;
    setBusy(true);
    const done = await putDocument(order.id, file);
    setBusy(false);
    setProblem(done.ok ? undefined : done.problem);
    if (done.ok) await client.invalidateQueries({ queryKey: ["orders"] });
  }

  return (
    <form className="card stack" onSubmit={(event) => void put(event)}>
      <div className="field"><label htmlFor="p-document">{t(order.document_sha256 ? "orders.document_again" : "orders.document")}</label>
        <input className="input file" id="p-document" name="document" type="file" required accept="application/pdf" aria-describedby="p-document-hint" />
        <span className="hint" id="p-document-hint">{t("orders.document_hint")}</span></div>
      {problem && <Failure problem={problem} />}
      <div><Button type="submit" busy={busy}>{t("orders.document_put")}</Button></div>
    </form>
  );
}
