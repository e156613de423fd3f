import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { OwnData } from "../account/own-data";
import type { Session } from "../api/types";
import { codeText } from "../app/codes";
import { dayAndTime } from "../app/format";
import { SignedIn } from "../app/session";
import { Button } from "../design/button";
import { dropList } from "../worker/offline-list";
import { allauth } from "./allauth";
import "./door.css";
import { Factors } from "./factors";
import { Notices } from "./notices";

/** Who I am here, where I am signed in, my second factors, and the way out. */
export function Account() {
  return <SignedIn>{(session) => <Mine session={session} />}</SignedIn>;
}

function Mine({ session }: { session: Session }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();

  async function leave() {
    await allauth("DELETE", "/auth/session");
    await dropList();
    client.clear();
    await navigate({ to: "/" });
  }

  return (
    <main className="page" id="main">
      <header className="row between">
        <h1>{session.name || t("account.account")}</h1>
        <Button onClick={() => void leave()}>{t("door.leave")}</Button>
      </header>
      <section className="card stack tight">
        <h2>{t("door.roles")}</h2>
        <ul className="row">
          {session.seats.map((seat) => (
            <li key={`${seat.role}${seat.agency}`} className="chip accent">{codeText(t, "role", seat.role)}</li>
          ))}
        </ul>
      </section>
      <Notices />
      <Factors />
      <SignIns />
      <OwnData />
    </main>
  );
}

interface SignedIn { id: number; user_agent: string; created_at: number; is_current: boolean }

function SignIns() {
  const { t, i18n } = useTranslation();
  const [places, setPlaces] = useState<SignedIn[]>([]);
  useEffect(() => {
    void allauth("GET", "/auth/sessions").then((answer) => {
      if (answer.status === 200 && Array.isArray(answer.data)) setPlaces(answer.data as SignedIn[]);
    });
  }, []);
  async function end(place: SignedIn) {
    const answer = await allauth("DELETE", "/auth/sessions", { sessions: [place.id] });
    if (answer.status === 200) setPlaces(places.filter((other) => other.id !== place.id));
  }
  if (places.length === 0) return null;
  return (
    <section className="card stack tight">
      <h2>{t("door.places")}</h2>
      <ul className="stack tight">
        {places.map((place) => (
          <li key={place.id} className="row between">
            <span className="small">{dayAndTime(place.created_at * 1000, i18n.language)}<br />
              <span className="muted">{place.user_agent}</span></span>
            {place.is_current
              ? <span className="chip good">{t("door.this_place")}</span>
              : <Button size="small" onClick={() => void end(place)}>{t("door.end_place")}</Button>}
          </li>
        ))}
      </ul>
    </section>
  );
}
