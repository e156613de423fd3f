import { useState } from "react";
import { useTranslation } from "react-i18next";
import { sha256, toHex } from "../crypto/bytes";

interface Props { id: string; label: string; value: string; onChange: (sha256: string) => void }

/** A document by its fingerprint: it is read here, and only the 64 hex digits go on. */
export function DocumentField({ id, label, value, onChange }: Props) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  async function read(file: File | undefined) {
    if (!file) return;
    setName(file.name);
    onChange(toHex(await sha256(new Uint8Array(await file.arrayBuffer()))));
  }
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input className="input file" id={id} type="file" aria-describedby={`${id}-sum`} onChange={(event) => void read(event.target.files?.[0])} />
      <p className="hint" id={`${id}-sum`}>
        {value ? <>{name && `${t("office.fingerprint_of", { name })}: `}<span className="mono">{value}</span></> : t("office.no_paper")}
      </p>
    </div>
  );
}

/** A day of the calendar as the instant at its beginning in UTC; "" stays nothing. */
export function instantOf(day: string): string | null {
  return day ? `${day}T00:00:00Z` : null;
}

export function dayOf(instant: string | null): string {
  return instant ? instant.slice(0, 10) : "";
}
