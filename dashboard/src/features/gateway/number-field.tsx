import { TextField } from "@/ui/form";

interface NumberFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** No fraction. */
  whole?: boolean;
  /** May be left empty. */
  optional?: boolean;
  least?: number;
  hint?: string;
  placeholder?: string;
  className?: string;
}

/** A number while it is typed: what is none is said at once, beside it. */
export function NumberField({ value, whole = false, optional = false, least = 0, ...field }: NumberFieldProps) {
  const typed = value.trim();
  const isNumber = (whole ? /^\d+$/ : /^\d+(\.\d+)?$/).test(typed);
  const problem = !isNumber ? `A ${whole ? "whole " : ""}number is needed.` : Number(typed) < least ? `At least ${least}.` : null;
  return <TextField {...field} value={value} inputMode={whole ? "numeric" : "decimal"} problem={typed === "" && optional ? null : problem} />;
}
