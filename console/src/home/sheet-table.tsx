import { useState } from "react";
import { useTranslation } from "react-i18next";
import { codeText } from "../app/codes";
import { Button } from "../design/button";
import { COLUMNS, emptyRow, faultsOf, KINDS, MAX_ROWS, readSheet, TEMPLATE, type Column, type Row } from "./sheet";

/** The empty table to fill in, and the filled one to take in: a file, or what was copied from a spreadsheet. */
export function SheetFile({ onRows }: { onRows: (rows: Row[]) => void }) {
  const { t } = useTranslation();
  const [fault, setFault] = useState<string>();

  function take(text: string) {
    const read = readSheet(text);
    setFault("fault" in read ? t(`home.sheet_${read.fault}`, { count: MAX_ROWS }) : undefined);
    if ("rows" in read) onRows(read.rows);
  }

  return (
    <section className="card stack">
      <div className="row between">
        <p>{t("home.sheet_how")}</p>
        <a className="btn small" download="cameras.csv" href={`data:text/csv;charset=utf-8,${encodeURIComponent(TEMPLATE)}`}>
          {t("home.sheet_template")}
        </a>
      </div>
      <div className="two-columns">
        <div className="field">
          <label htmlFor="sheet-file">{t("home.sheet_file")}</label>
          <input className="input file" id="sheet-file" type="file" accept=".csv,.tsv,.txt,text/csv" onChange={(event) => {
            const file = event.target.files?.[0];
            if (file) void file.text().then(take);
          }} />
        </div>
        <div className="field">
          <label htmlFor="sheet-paste">{t("home.sheet_paste")}</label>
          <textarea className="input" id="sheet-paste" rows={2} spellCheck={false} value=""
            onChange={(event) => take(event.target.value)} />
        </div>
      </div>
      {fault && <p className="note bad" role="alert">{fault}</p>}
    </section>
  );
}

interface Props { rows: Row[]; faults: Record<string, string>; busy: boolean; onChange: (rows: Row[]) => void }

/** The table itself; a cell that cannot be is marked, and said in words below its row. */
export function Sheet({ rows, faults, busy, onChange }: Props) {
  const { t } = useTranslation();
  const set = (key: string, column: Column, cell: string) =>
    onChange(rows.map((row) => (row.key === key ? { ...row, [column]: cell } : row)));
  return (
    <>
      <div className="scroll-x">
        <table className="sheet">
          <thead>
            <tr>{COLUMNS.map((column) => <th key={column} scope="col">{t(`home.column_${column}`)}</th>)}<th><span className="vh">{t("home.sheet_drop")}</span></th></tr>
          </thead>
          <tbody>
            {rows.map((row, at) => <Line key={row.key} row={row} at={at + 1} fault={faults[row.key]} busy={busy} set={set}
              drop={() => onChange(rows.length > 1 ? rows.filter((one) => one.key !== row.key) : [emptyRow()])} />)}
          </tbody>
        </table>
      </div>
      <div className="row between">
        <Button size="small" disabled={busy || rows.length >= MAX_ROWS} onClick={() => onChange([...rows, emptyRow()])}>
          {t("home.sheet_add")}
        </Button>
        <span className="muted small num">{t("home.sheet_rows", { count: rows.length })}</span>
      </div>
    </>
  );
}

interface LineProps {
  row: Row; at: number; fault: string | undefined; busy: boolean;
  set: (key: string, column: Column, cell: string) => void; drop: () => void;
}

function Line({ row, at, fault, busy, set, drop }: LineProps) {
  const { t } = useTranslation();
  const isEmpty = row.name === "" && row.latitude === "" && row.longitude === "";
  const wrong = isEmpty ? [] : faultsOf(row);
  const says = fault ?? (wrong.length > 0 ? t("home.sheet_wrong", { what: wrong.map((column) => t(`home.column_${column}`)).join(", ") }) : undefined);
  return (
    <>
      <tr>
        {COLUMNS.map((column) => {
          const label = t("home.sheet_cell", { column: t(`home.column_${column}`), row: at });
          const shared = {
            className: "input", "aria-label": label, value: row[column], disabled: busy, "aria-invalid": wrong.includes(column),
          };
          return (
            <td key={column} className={column === "name" || column === "address" ? "wide" : ""} data-name={t(`home.column_${column}`)}>
              {column === "kind" ? (
                <select {...shared} onChange={(event) => set(row.key, column, event.target.value)}>
                  {KINDS.map((kind) => <option key={kind} value={kind}>{codeText(t, "camera_kind", kind)}</option>)}
                  {!(KINDS as readonly string[]).includes(row.kind) && <option value={row.kind}>{row.kind}</option>}
                </select>
              ) : (
                <input {...shared} spellCheck={false} autoComplete="off"
                  inputMode={column === "name" || column === "address" ? "text" : "decimal"}
                  onChange={(event) => set(row.key, column, event.target.value)} />
              )}
            </td>
          );
        })}
        <td><Button size="small" look="quiet" disabled={busy} aria-label={t("home.sheet_drop_row", { row: at })} onClick={drop}>✕</Button></td>
      </tr>
      {says && <tr><td className="wide" colSpan={COLUMNS.length + 1}><p className="note bad small" role="status">{says}</p></td></tr>}
    </>
  );
}
