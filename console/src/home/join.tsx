import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { Session } from "../api/types";
import { Seated } from "../app/session";
import { toB64 } from "../crypto/bytes";
import { eventKey } from "../crypto/event-key";
import { fingerprint } from "../crypto/keys";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import "./home.css";

/** Somebody of a household takes an invitation: this browser's key, compared by the owner before anything is read. */
export function JoinPage() {
  return <Seated roles={["owner"]}>{(session) => <Join person={session.person ?? ""} session={session} />}</Seated>;
}

function Join({ person }: { person: string; session: Session }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [code] = useState(() => location.hash.slice(1));
  const [isAsked, setAsked] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const words = useQuery({
    queryKey: ["event-fingerprint", person], enabled: isAsked, staleTime: Infinity,
    queryFn: async () => fingerprint((await eventKey(person)).point),
  });

  async function ask() {
    const { point } = await eventKey(person);
    const asked = await api("POST", "/home/guests", { code, reply_key: toB64(point) });
    // The word is used up: it need not stand in the address, nor in what a browser remembers of it.
    if (asked.ok) history.replaceState(history.state, "", location.pathname);
    setAsked(asked.ok);
    setProblem(asked.ok ? undefined : asked.problem);
    if (asked.ok) await client.invalidateQueries({ queryKey: ["home"] });
  }

  return (
    <main className="page" id="main">
      <header className="stack tight"><h1>{t("events.join_title")}</h1><p className="lead">{t("events.join_text")}</p></header>
      {isAsked ? (
        <section className="card stack tight" role="status">
          <p>{t("events.join_compare")}</p>
          <p className="pair-code">{words.data}</p>
          <p><Link to="/home/events">{t("events.title")}</Link></p>
        </section>
      ) : code
        ? <div><Button look="primary" onClick={() => void ask()}>{t("events.join_do")}</Button></div>
        : <p className="note">{t("events.join_no_word")}</p>}
      {problem && <Failure problem={problem} />}
    </main>
  );
}
