import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Button } from "../design/button";
import { Failure } from "../design/failure";

/** Call an item otherwise; the name it had stands in its custody. */
export function Rename({ item, name }: { item: string; name: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function rename(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const said = String(new FormData(event.currentTarget).get("name")).trim();
    const done = await api("POST", `/items/${item}/name`, { name: said });
    setProblem(done.ok ? undefined : done.problem);
    if (done.ok) setOpen(false);
    await client.invalidateQueries({ queryKey: ["items"] });
  }

  if (!isOpen) return <div><Button size="small" look="quiet" onClick={() => setOpen(true)}>{t("vault.rename")}</Button></div>;
  return (
    <form className="row opening" onSubmit={(event) => void rename(event)}>
      <div className="field"><label htmlFor="i-name">{t("vault.rename_to")}</label>
        <input className="input" id="i-name" name="name" required maxLength={120} defaultValue={name} /></div>
      <Button type="submit">{t("vault.save")}</Button>
      {problem && <Failure problem={problem} />}
    </form>
  );
}
