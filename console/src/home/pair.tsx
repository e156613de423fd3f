import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { OwnerKey, Pairing } from "../api/types";
import { span, useNow } from "../app/format";
import { Seated } from "../app/session";
import { toB64, type Bytes } from "../crypto/bytes";
import { deviceKey, fingerprint } from "../crypto/keys";
import { makeOwnerPasskey } from "../crypto/owner-passkey";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { passkeysWork } from "../door/passkey";
import { Edges } from "./edges";
import "./home.css";

export function Pair() {
  return <Seated roles={["owner"]}>{(session) => <PairingSteps person={session.person ?? ""} />}</Seated>;
}

interface NewKey { point: Bytes; rp_id?: string; credential?: string }
interface Shown { text: string; expiresAt: string }

/** The code: half from the server, half the fingerprint of this device's key, which the edge compares. */
function PairingSteps({ person }: { person: string }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState<Shown>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [cancelled, setCancelled] = useState(false);

  async function passkey(): Promise<NewKey> {
    const made = await makeOwnerPasskey(person, t("home.pair_passkey_name"));
    return { point: made.point, rp_id: made.rpId, credential: made.credential };
  }

  async function prepare(make: () => Promise<NewKey>) {
    setBusy(true);
    setProblem(undefined);
    setCancelled(false);
    const key = await make().catch(() => undefined);
    if (!key) {
      setBusy(false);
      return setCancelled(true);
    }
    const { point, ...passkey } = key;
    const kept = await api<OwnerKey>("POST", "/owner-keys", { public_key: toB64(point), name: "", ...passkey });
    const answer = kept.ok ? await api<Pairing>("POST", "/edges/prepare", { owner_key: kept.data.id }) : kept;
    setBusy(false);
    if (!answer.ok) return setProblem(answer.problem);
    setShown({ text: grouped(answer.data.code + (await fingerprint(point))), expiresAt: answer.data.expires_at });
  }

  return (
    <main className="page" id="main">
      <p><Link to="/home">← {t("home.title")}</Link></p>
      <header className="stack tight">
        <h1>{t("home.pair_title")}</h1>
        <p className="lead">{t("home.pair_lead")}</p>
      </header>
      <section className="card stack">
        {shown ? <Code shown={shown} /> : <p>{t("home.pair_before")}</p>}
        {passkeysWork() && (
          <>
            <Button look={shown ? "plain" : "primary"} size="big" busy={busy} onClick={() => void prepare(passkey)}>
              {t("home.pair_passkey")}
            </Button>
            <p className="hint">{t("home.pair_passkey_hint")}</p>
          </>
        )}
        <Button size="big" busy={busy} onClick={() => void prepare(async () => ({ point: (await deviceKey(person)).point }))}>
          {t(shown ? "home.pair_again" : "home.pair_do")}
        </Button>
        <p className="note bad" role="alert" hidden={!cancelled}>{t("door.cancelled")}</p>
        {problem && <Failure problem={problem} />}
      </section>
      <Edges />
    </main>
  );
}

function Code({ shown }: { shown: Shown }) {
  const { t } = useTranslation();
  const left = (new Date(shown.expiresAt).getTime() - useNow()) / 1000;
  return (
    <>
      <p className="pair-code">{shown.text}</p>
      <p>{t("home.pair_how")}</p>
      <p className="mono">consentry edge pair --server {location.origin} {shown.text}</p>
      <p className="muted num">{left > 0 ? t("home.pair_left", { time: span(left) }) : t("home.pair_over")}</p>
    </>
  );
}

/** Groups of four, as they are read aloud. */
export function grouped(code: string): string {
  return code.replaceAll("-", "").match(/.{1,4}/g)?.join("-") ?? code;
}
