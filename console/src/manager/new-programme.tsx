import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { ManagedProgramme } from "../api/types";
import { codeText } from "../app/codes";
import { Button } from "../design/button";
import { Failure } from "../design/failure";

/** As in `agencies/presets.py`. */
const PRESETS = ["jackson_pilot", "registry_only", "requests_only"] as const;

/** A draft from a preset; nobody but the agency sees it before it goes to comment. */
export function NewProgramme({ agency }: { agency: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function make(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const said = Object.fromEntries(new FormData(event.currentTarget));
    setBusy(true);
    const made = await api<ManagedProgramme>("POST", "/agency/programmes", { ...said, agency });
    setBusy(false);
    if (!made.ok) return setProblem(made.problem);
    await client.invalidateQueries({ queryKey: ["agency"] });
    await navigate({ to: "/manage/programmes/$programme", params: { programme: made.data.id } });
  }

  return (
    <form className="card stack" onSubmit={(event) => void make(event)}>
      <h3>{t("office.draft_new")}</h3>
      <div className="three">
        <div className="field"><label htmlFor="d-name">{t("office.name")}</label>
          <input className="input" id="d-name" name="name" required maxLength={120} /></div>
        <div className="field"><label htmlFor="d-preset">{t("office.draft_preset")}</label>
          <select className="input" id="d-preset" name="preset">
            {PRESETS.map((preset) => <option key={preset} value={preset}>{codeText(t, "preset", preset)}</option>)}
          </select></div>
      </div>
      <div><Button type="submit" busy={busy}>{t("office.draft_do")}</Button></div>
      {problem && <Failure problem={problem} />}
    </form>
  );
}
