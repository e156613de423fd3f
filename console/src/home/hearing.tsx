import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { useLoaded } from "../api/loaded";
import type { Edge } from "../api/types";
import { problemText } from "../app/problem";
import { eventKey, heardEdges, noteHeard } from "../crypto/event-key";
import { Button } from "../design/button";
import { signEventKey } from "./sign";

/** This device hears of nothing before its owner signed that it may: offered once for each box, by a tap. */
export function Hearing({ person }: { person: string }) {
  const { t } = useTranslation();
  const edges = useLoaded<Edge[]>("/edges");
  const [heard, setHeard] = useState<string[]>();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState("");
  useEffect(() => {
    void heardEdges(person).then(setHeard, () => setHeard([]));
  }, [person]);
  if (edges.state !== "ready" || heard === undefined) return null;
  const silent = edges.data.filter((edge) => !heard.includes(edge.id));
  if (silent.length === 0) return null;

  async function hear() {
    setBusy(true);
    setFault("");
    for (const edge of silent) {
      const { point } = await eventKey(person);
      const signed = await signEventKey(person, edge.id, point);
      if (!signed) break;
      const said = await api("POST", `/home/edges/${edge.id}/events`, { owner_signature: signed });
      if (said.ok) await noteHeard(person, edge.id);
      else setFault(problemText(t, said.problem));
    }
    setHeard(await heardEdges(person));
    setBusy(false);
  }

  return (
    <section className="card stack tight">
      <h2>{t("events.hear_title")}</h2>
      <p>{t("events.hear_text")}</p>
      <div><Button look="primary" busy={busy} onClick={() => void hear()}>{t("events.hear_do")}</Button></div>
      {fault && <p className="note bad" role="alert">{fault}</p>}
    </section>
  );
}
