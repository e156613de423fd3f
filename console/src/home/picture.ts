/** One picture of one's own camera, sealed from the edge to this browser: nobody else can open it. */
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import type { PictureAnswer } from "../api/types";
import { codeText } from "../app/codes";
import { fromB64 } from "../crypto/bytes";
import { makeBoxKey, openBox, pictureContext, type BoxKey } from "../crypto/sealed";
import { signPictureAsk, type Which } from "./sign";

// The edge waits 8 s for a camera that is only just being dialled, and decodes for at most 10 s.
const TRIES = 40;

export interface TakenPicture {
  /** Address of the picture, "" before there is one. */
  url: string;
  /** When the camera took it, "" while nobody says. */
  takenAt: string;
  /** Why there is none, in plain words. */
  fault: string;
  busy: boolean;
  take: () => Promise<void>;
}

export function usePicture(camera: string, person: string, which: Which = "shown"): TakenPicture {
  const { t } = useTranslation();
  const [url, setUrl] = useState("");
  const [takenAt, setTakenAt] = useState("");
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);
  const gone = useRef(false);
  useEffect(() => {
    gone.current = false;
    return () => {
      gone.current = true;
    };
  }, []);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);

  async function take() {
    setBusy(true);
    setFault("");
    const key = await makeBoxKey();
    const signed = await signPictureAsk(person, camera, key.point, which);
    const asked = await api("POST", `/cameras/${camera}/test`, { owner_signature: signed, which });
    if (asked.ok) await wait(key);
    else setFault(asked.problem.title);
    setBusy(false);
  }

  async function wait(key: BoxKey) {
    for (let turn = 0; turn < TRIES && !gone.current; turn++) {
      const answer = await api<PictureAnswer>("GET", `/cameras/${camera}/test`);
      if (answer.ok && answer.data.state === "ready" && answer.data.box) {
        const plain = await openBox(fromB64(answer.data.box), key, pictureContext(camera));
        setTakenAt(answer.data.taken_at ?? "");
        return setUrl(URL.createObjectURL(new Blob([plain], { type: "image/jpeg" })));
      }
      if (answer.ok && answer.data.state === "failed") return setFault(codeText(t, "picture_fault", answer.data.fault));
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    setFault(t("home.test_silent"));
  }

  return { url, takenAt, fault, busy, take };
}
