import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { useLoaded } from "../api/loaded";
import type { Guest, Home, HomeCamera } from "../api/types";
import { fromB64 } from "../crypto/bytes";
import { fingerprint } from "../crypto/keys";
import { Button } from "../design/button";
import { Copyable } from "../design/copyable";
import { Failure } from "../design/failure";
import { signShare } from "./sign";

/** With whom of the household each camera's rings are shared. The owner compares a key and signs for it. */
export function Household({ home, person }: { home: Home; person: string }) {
  const { t } = useTranslation();
  if (home.cameras.length === 0) return null;
  return (
    <section className="card stack">
      <header className="stack tight"><h2>{t("events.house_title")}</h2><p className="muted small">{t("events.house_text")}</p></header>
      {home.cameras.map((camera) => <OfCamera key={camera.id} camera={camera} person={person} />)}
    </section>
  );
}

function OfCamera({ camera, person }: { camera: HomeCamera; person: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const path = `/home/cameras/${camera.id}/guests`;
  const guests = useLoaded<Guest[]>(path);
  const [link, setLink] = useState("");
  const [problem, setProblem] = useState<Problem>();

  async function invite() {
    const made = await api<{ code: string }>("POST", path, {});
    setLink(made.ok ? `${location.origin}/home/join#${made.data.code}` : "");
    setProblem(made.ok ? undefined : made.problem);
    await client.invalidateQueries({ queryKey: ["home"] });
  }

  const known = guests.state === "ready" ? guests.data.filter((guest) => guest.state !== "invited") : [];
  return (
    <div className="stack tight">
      <div className="row between">
        <strong>{camera.name}</strong>
        <Button size="small" onClick={() => void invite()} aria-label={t("events.house_invite_to", { camera: camera.name })}>
          {t("events.house_invite")}
        </Button>
      </div>
      {link && <div role="status" className="stack tight"><p className="small">{t("events.house_link")}</p><Copyable text={link} label={t("events.house_link")} /></div>}
      {problem && <Failure problem={problem} />}
      <ul className="stack tight" aria-label={t("events.house_of", { camera: camera.name })}>
        {known.map((guest) => <li key={guest.id}><OneGuest guest={guest} person={person} /></li>)}
      </ul>
    </div>
  );
}

function OneGuest({ guest, person }: { guest: Guest; person: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [problem, setProblem] = useState<Problem>();
  const key = guest.reply_key ?? "";
  const words = useQuery({ queryKey: ["fingerprint", key], queryFn: () => fingerprint(fromB64(key)), staleTime: Infinity });
  const isShared = guest.state === "shared";

  async function act(verb: "share" | "end") {
    const kind = verb === "share" ? "events.share" : "events.unshare";
    const owner_signature = verb === "share" || isShared ? await signShare(person, kind, guest.camera, key) : "";
    const done = await api("POST", `/home/guests/${guest.id}/${verb}`, { owner_signature });
    setProblem(done.ok ? undefined : done.problem);
    await client.invalidateQueries({ queryKey: ["home"] });
  }

  return (
    <div className="guest stack tight">
      <p><strong>{guest.name || t("events.house_nameless")}</strong><br />
        <span className="small muted">{t(isShared ? "events.house_shared" : "events.house_asks")}</span></p>
      {!isShared && <p className="fingerprint">{words.data}</p>}
      <div className="row">
        {!isShared && <Button size="small" look="primary" onClick={() => void act("share")}>{t("events.house_allow")}</Button>}
        <Button size="small" onClick={() => void act("end")}>{t(isShared ? "events.house_end" : "events.house_refuse")}</Button>
      </div>
      {problem && <Failure problem={problem} />}
    </div>
  );
}
