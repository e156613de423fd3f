import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { CallType } from "../api/types";
import { Dialog } from "../design/dialog";

interface Props { of: string; choices: CallType[]; onChoose: (code: string) => void; onClose: () => void }

/** Choose what a type means: searched by name, code or family, listed by family, with what it may open. */
export function TypeChooser({ of, choices, onChoose, onClose }: Props) {
  const { t } = useTranslation();
  const [sought, setSought] = useState("");
  const found = search(choices, sought);
  return (
    <Dialog title={t("office.types_choose", { type: of })} onClose={onClose}>
      <div className="field">
        <label htmlFor="sought">{t("office.types_search")}</label>
        <input
          className="input" id="sought" type="search" autoComplete="off" value={sought}
          onChange={(event) => setSought(event.target.value)}
        />
      </div>
      <p className="muted small" role="status">{t("office.types_found", { count: found.length })}</p>
      <div className="choices">
        {byFamily(found).map(([family, types]) => (
          <section key={family} aria-label={family} className="stack tight">
            <h3>{family}</h3>
            <ul>
              {types.map((type) => (
                <li key={type.code}>
                  <button type="button" className="choice" onClick={() => onChoose(type.code)}>
                    <TypeName type={type} />
                  </button>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

/** A common type by its name and code, and whether its calls may open private cameras. */
export function TypeName({ type }: { type: CallType }) {
  const { t } = useTranslation();
  return (
    <span className="row type-name">
      <span>{type.name} <span className="mono muted">{type.code}</span></span>
      <span className={`chip ${type.opens ? "warn" : ""}`}>{t(type.opens ? "office.types_opens" : "office.types_closed")}</span>
    </span>
  );
}

/** Every word that is typed, without regard to case or accents, somewhere in name, code or family. */
export function search(choices: CallType[], sought: string): CallType[] {
  const words = plain(sought).split(/\s+/).filter(Boolean);
  return choices.filter((type) => {
    const text = plain(`${type.name} ${type.code} ${type.family_name}`);
    return words.every((word) => text.includes(word));
  });
}

function plain(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{Diacritic}/gu, "").toLowerCase();
}

export function byFamily(types: CallType[]): [string, CallType[]][] {
  const families = new Map<string, CallType[]>();
  for (const type of types) families.set(type.family_name, [...(families.get(type.family_name) ?? []), type]);
  return [...families];
}
