import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { OwnerKey, Pairing } from "../api/types";
import { span, useNow } from "../app/format";
import { Seated } from "../app/session";
import { toB64, type Bytes } from "../crypto/bytes";
import { deviceKey, fingerprint } from "../crypto/keys";
import { meetingName, readSquare, sealCode } from "../crypto/meeting";
import { makeOwnerPasskey } from "../crypto/owner-passkey";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { passkeysWork } from "../door/passkey";
import { Edges } from "./edges";
import "./home.css";

/** By a code that is shown here, or, where the address carries a box's square, by one tap. */
export function Pair() {
  const [square] = useState(() => readSquare(location.hash));
  // The secret stands in no address longer than it must: not in the history, nor where somebody looks over a shoulder.
  useEffect(() => {
    if (square) history.replaceState(history.state, "", location.pathname);
  }, [square]);
  return (
    <Seated roles={["owner"]}>{(session) => <PairingSteps person={session.person ?? ""} square={square} />}</Seated>
  );
}

interface NewKey { point: Bytes; rp_id?: string; credential?: string }
interface Shown { text: string; expiresAt: string }

/** The code: half from the server, half the fingerprint of this device's key, which the edge compares. */
function PairingSteps({ person, square }: { person: string; square: Bytes | undefined }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState<Shown>();
  const [isLeft, setLeft] = useState(false);
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
    const whole = answer.ok ? answer.data.code + (await fingerprint(point)) : "";
    const left = answer.ok && square ? await leaveCode(square, whole) : undefined;
    setBusy(false);
    if (!answer.ok) return setProblem(answer.problem);
    if (left && !left.ok) return setProblem(left.problem);
    setLeft(left !== undefined);
    if (!left) setShown({ text: grouped(whole), expiresAt: answer.data.expires_at });
  }

  return (
    <main className="page" id="main">
      <p><Link to="/home">← {t("home.title")}</Link></p>
      <header className="stack tight">
        <h1>{t("home.pair_title")}</h1>
        <p className="lead">{t("home.pair_lead")}</p>
      </header>
      <section className="card stack">
        <p role="status" className="note good" hidden={!isLeft}>{t("home.pair_left_code")}</p>
        {shown ? <Code shown={shown} /> : !isLeft && <p>{t(square ? "home.pair_square" : "home.pair_before")}</p>}
        {!isLeft && passkeysWork() && (
          <>
            <Button look={shown ? "plain" : "primary"} size="big" busy={busy} onClick={() => void prepare(passkey)}>
              {t("home.pair_passkey")}
            </Button>
            <p className="hint">{t("home.pair_passkey_hint")}</p>
          </>
        )}
        {!isLeft && (
          <Button size="big" busy={busy} onClick={() => void prepare(async () => ({ point: (await deviceKey(person)).point }))}>
            {t(square ? "home.pair_square_do" : shown ? "home.pair_again" : "home.pair_do")}
          </Button>
        )}
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

/** For the box whose square was read: the server carries it and cannot open it. */
async function leaveCode(square: Bytes, whole: string) {
  const [meeting, box] = [await meetingName(square), await sealCode(square, whole)];
  return api("POST", "/edge-meetings", { code: whole.slice(0, 8), meeting: toB64(meeting), box: toB64(box) });
}

/** Groups of four, as they are read aloud. */
export function grouped(code: string): string {
  return code.replaceAll("-", "").match(/.{1,4}/g)?.join("-") ?? code;
}
