import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Button } from "../design/button";
import { Failure } from "../design/failure";

/** A manager adds a camera that sends to us. It begins where the manager is and says itself where it goes. */
export function AddCamera({ agency }: { agency: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [noPlace, setNoPlace] = useState(false);

  async function add(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const said = new FormData(form);
    setBusy(true);
    const place = await here();
    setNoPlace(!place);
    if (place) {
      const { latitude: lat, longitude: lon } = place.coords;
      const answer = await api("POST", "/pushed-cameras", { agency, name: String(said.get("name")).trim(), kind: said.get("kind"), lat, lon });
      setProblem(answer.ok ? undefined : answer.problem);
      if (answer.ok) {
        form.reset();
        await client.invalidateQueries({ queryKey: ["pushed-cameras"] });
      }
    }
    setBusy(false);
  }

  return (
    <form className="card stack" onSubmit={(event) => void add(event)}>
      <h2>{t("field.add_title")}</h2>
      <p className="muted">{t("field.add_text")}</p>
      <div className="field"><label htmlFor="a-name">{t("field.add_name")}</label>
        <input className="input" id="a-name" name="name" required maxLength={80} placeholder={t("field.add_name_eg")} /></div>
      <div className="field"><label htmlFor="a-kind">{t("field.add_kind")}</label>
        <select className="input" id="a-kind" name="kind">
          {(["phone", "drone", "robot"] as const).map((kind) => <option key={kind} value={kind}>{t(`field.kind_${kind}`)}</option>)}
        </select></div>
      <div><Button type="submit" busy={busy}>{t("field.add")}</Button></div>
      {noPlace && <p className="note bad" role="alert">{t("field.add_no_place")}</p>}
      {problem && <Failure problem={problem} />}
    </form>
  );
}

function here(): Promise<GeolocationPosition | undefined> {
  return new Promise((done) => {
    if (!navigator.geolocation) return done(undefined);
    navigator.geolocation.getCurrentPosition(done, () => done(undefined), { timeout: 10_000, maximumAge: 60_000 });
  });
}
