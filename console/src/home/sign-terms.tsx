import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Problem, Result } from "../api/client";
import type { Mask, Said, Terms } from "../api/types";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { maskSha256 } from "./mask";
import { MaskEditor } from "./mask-editor";
import { signTerms } from "./sign";
import { TermsInWords } from "./terms";
import { TermsForm } from "./terms-form";
import { TermsPreview } from "./terms-preview";
import { TierChoice } from "./tier-choice";

interface Props {
  person: string;
  /** Where the form starts; `widest` bounds it where an ordinance does. */
  start: Terms;
  widest?: Terms;
  /** What the owner hid before. */
  mask: Mask | null;
  programme: string;
  agency: string;
  /** What is signed along with the terms, and the words to tick. */
  text: ReactNode;
  agree: string;
  send: (said: Said) => Promise<Result<unknown>>;
}

/** Terms to narrow, what they rest on, a signature by this device. Nobody states or agrees for the owner. */
export function SignTerms({ person, start, widest, mask: before, programme, agency, text, agree, send }: Props) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [terms, setTerms] = useState<Terms>(start);
  const [mask, setMask] = useState<Mask | null>(before);
  const [agreed, setAgreed] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const isLive = terms.tier === "live";
  const attested = terms.view_attested.not_indoor && terms.view_attested.no_neighbour_dwelling;

  useEffect(() => {
    void maskSha256(mask).then((mask_sha256) => setTerms((now) => named(now, mask_sha256)));
  }, [mask]);

  async function sign() {
    setBusy(true);
    const signed = named(terms, await maskSha256(mask));
    const language = i18n.language as Said["language"];
    const done = await send({ terms: signed, owner_signature: await signTerms(person, signed), language, mask });
    setBusy(false);
    if (!done.ok) return setProblem(done.problem);
    await client.invalidateQueries();
    await navigate({ to: "/home/cameras/$camera", params: { camera: terms.camera_id } });
  }

  return (
    <>
      <section className="card stack">
        <h2>{programme}</h2>
        <p className="muted">{agency}</p>
        {!widest && <TierChoice programme={terms.programme_id} terms={terms} onChange={setTerms} />}
        <TermsForm terms={terms} widest={widest} onChange={setTerms} />
        {isLive && <TermsPreview terms={terms} />}
      </section>
      {isLive && <MaskEditor camera={terms.camera_id} person={person} mask={before} onChange={setMask} />}
      <section className="card stack tight">
        <h2>{t("home.in_words")}</h2>
        <TermsInWords terms={terms} />
      </section>
      <section className="card stack">
        {text}
        <label className="check">
          <input type="checkbox" checked={agreed} onChange={(event) => setAgreed(event.target.checked)} />
          <span>{agree}</span>
        </label>
        <Button look="primary" size="big" busy={busy} disabled={!agreed || !attested} onClick={() => void sign()}>
          {t("home.sign")}
        </Button>
        {!attested && <p className="small muted">{t("home.sign_needs")}</p>}
        {problem && <Failure problem={problem} />}
      </section>
    </>
  );
}

function named(terms: Terms, mask_sha256: string): Terms {
  return { ...terms, view_attested: { ...terms.view_attested, mask_sha256 } };
}
