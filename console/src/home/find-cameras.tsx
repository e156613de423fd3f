import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import type { Edge, PictureAnswer } from "../api/types";
import { codeText } from "../app/codes";
import { fromB64 } from "../crypto/bytes";
import { foundContext, makeBoxKey, openBox } from "../crypto/sealed";
import { Button } from "../design/button";
import { signFind } from "./sign";

/** The edge listens for 3 s; the letter and its answer take another second or two. */
const TRIES = 40;
const MAX_SHOWN = 64;

export interface FoundCamera {
  url: string; name: string; model: string;
  /** SHA-256 in hexadecimal of a certificate that the camera made itself; "" when there is nothing to confirm. */
  certificate: string;
}

interface Props { edge: Edge; person: string; onPick: (camera: FoundCamera) => void }

/** Which cameras answer in one's own home: asked for by one's own signature, readable in this browser alone. */
export function FindCameras({ edge, person, onPick }: Props) {
  const { t } = useTranslation();
  const [found, setFound] = useState<FoundCamera[]>();
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);
  const gone = useRef(false);
  useEffect(() => {
    gone.current = false;
    return () => {
      gone.current = true;
    };
  }, []);

  async function find() {
    setBusy(true);
    setFault("");
    setFound(undefined);
    const answer = await ask(edge, person, () => gone.current);
    if (gone.current) return;
    if ("found" in answer) setFound(answer.found);
    else setFault(answer.title ?? (answer.silent ? t("home.find_silent") : codeText(t, "picture_fault", answer.fault ?? "")));
    setBusy(false);
  }

  return (
    <div className="stack tight">
      <div className="row between">
        <p className="hint">{t("home.find_text")}</p>
        <Button size="small" busy={busy} onClick={() => void find()}>{t("home.find_do")}</Button>
      </div>
      {fault && <p className="note bad" role="alert">{fault}</p>}
      {found && (
        <div role="status" className="stack tight">
          <p>{found.length === 0 ? t("home.find_none") : t("home.find_some", { count: found.length })}</p>
          {found.length > 0 && (
            <fieldset className="field">
              <legend className="vh">{t("home.find_pick")}</legend>
              {found.map((camera) => (
                <label key={camera.url} className="check">
                  <input type="radio" name="found" value={camera.url} onChange={() => onPick(camera)} />
                  <span>{camera.name || camera.model || t("home.find_nameless")}<br />
                    <span className="muted small">{camera.model} · {new URL(camera.url).host}</span></span>
                </label>
              ))}
            </fieldset>
          )}
        </div>
      )}
    </div>
  );
}

type Answer = { found: FoundCamera[] } | { title?: string; fault?: string; silent?: boolean };

async function ask(edge: Edge, person: string, isGone: () => boolean): Promise<Answer> {
  const key = await makeBoxKey();
  const owner_signature = await signFind(person, edge.id, key.point);
  const asked = await api("POST", `/home/edges/${edge.id}/find`, { owner_signature });
  if (!asked.ok) return { title: asked.problem.title };
  for (let turn = 0; turn < TRIES && !isGone(); turn++) {
    const answer = await api<PictureAnswer>("GET", `/home/edges/${edge.id}/find`);
    if (answer.ok && answer.data.state === "ready" && answer.data.box) {
      const plain = await openBox(fromB64(answer.data.box), key, foundContext(edge.id));
      return { found: readFound(new TextDecoder().decode(plain)) };
    }
    if (answer.ok && answer.data.state === "failed") return { fault: answer.data.fault };
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return { silent: true };
}

/** What the edge said of strangers' cameras: texts, and addresses that are web addresses; the rest is passed over. */
export function readFound(text: string): FoundCamera[] {
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_SHOWN).flatMap((item: Partial<FoundCamera> | null) =>
    item && typeof item.url === "string" && /^https?:\/\//.test(item.url) && URL.canParse(item.url)
      ? [{ url: item.url, name: String(item.name ?? ""), model: String(item.model ?? ""), certificate: fingerprintIn(item.certificate) }]
      : []);
}

function fingerprintIn(value: unknown): string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value) ? value : "";
}

/** The address that is sealed to the edge: it asks that camera for its stream, and believes this certificate only. */
export function onvifAddress(url: string, user: string, password: string, certificate = ""): string {
  const pinned = certificate && `#${certificate}`;
  if (!user) return `onvif+${url}${pinned}`;
  const login = `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;
  return `onvif+${url.replace("://", `://${login}`)}${pinned}`;
}
