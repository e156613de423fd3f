interface Props { id: string; label: string; placeholder?: string; required?: boolean; most?: number; hint?: string }

/** A text of a form, named `id`; always needed. */
export function TextField({ id, label, placeholder, most = 120, hint }: Props) {
  return (
    <div className="field"><label htmlFor={`t-${id}`}>{label}</label>
      <input
        className="input" id={`t-${id}`} name={id} required maxLength={most} placeholder={placeholder}
        aria-describedby={hint ? `t-${id}-hint` : undefined}
      />
      {hint && <p className="hint" id={`t-${id}-hint`}>{hint}</p>}</div>
  );
}

export function DayField({ id, label, required }: Props) {
  return (
    <div className="field"><label htmlFor={`t-${id}`}>{label}</label>
      <input className="input" id={`t-${id}`} name={id} type="date" required={required} /></div>
  );
}
