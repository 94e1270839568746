/** The parts of a form: each has its label, its hint and its problem tied to it. */
import { LoaderCircle } from "lucide-react";
import { useId, type ComponentProps, type FormEvent, type ReactNode } from "react";

import { Button } from "./button";
import { cn } from "./cn";
import { Dialog, DialogContent, DialogTitle } from "./dialog";
import { Input } from "./field";

interface Labelled {
  label: string;
  hint?: ReactNode;
  problem?: string | null | undefined;
  className?: string;
}

interface Described {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean;
}

/** A label above whatever `children` draws with the given attributes. */
export function FormField({ label, hint, problem, className, children }: Labelled & { children: (attributes: Described) => ReactNode }) {
  const id = useId();
  const isWrong = problem != null;
  const describedBy = [hint !== undefined && `${id}-hint`, isWrong && `${id}-problem`].filter(Boolean).join(" ");
  return (
    <div className={cn("flex min-w-0 flex-col gap-1.5", className)}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children({ id, "aria-describedby": describedBy || undefined, "aria-invalid": isWrong })}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="text-xs text-muted">
          {hint}
        </p>
      )}
      {isWrong && (
        <p id={`${id}-problem`} role="alert" className="text-xs text-bad first-letter:uppercase">
          {problem}
        </p>
      )}
    </div>
  );
}

type TextProps = Labelled & Omit<ComponentProps<"input">, "onChange" | "className"> & { value: string; onChange: (value: string) => void; mono?: boolean };

export function TextField({ label, hint, problem, className, onChange, mono = false, ...input }: TextProps) {
  return (
    <FormField label={label} hint={hint} problem={problem} className={className ?? ""}>
      {(attributes) => (
        <Input {...input} {...attributes} className={cn("h-9", mono && "font-mono text-xs")} onChange={(event) => onChange(event.target.value)} />
      )}
    </FormField>
  );
}

type AreaProps = Labelled & Omit<ComponentProps<"textarea">, "onChange" | "className"> & { value: string; onChange: (value: string) => void };

export function TextArea({ label, hint, problem, className, onChange, ...area }: AreaProps) {
  return (
    <FormField label={label} hint={hint} problem={problem} className={className ?? ""}>
      {(attributes) => <textarea {...area} {...attributes} className={cn(CONTROL, "min-h-20 px-2.5 py-1.5 font-mono text-xs leading-5")} spellCheck={false} onChange={(event) => onChange(event.target.value)} />}
    </FormField>
  );
}

const CONTROL =
  "w-full min-w-0 rounded-md border border-line-strong/70 bg-surface text-sm text-text shadow-card hover:border-line-strong focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0 disabled:opacity-60";

export interface Choice<T extends string> {
  value: T;
  label: string;
}

type SelectProps<T extends string> = Omit<ComponentProps<"select">, "onChange" | "value"> & { value: T; options: readonly Choice<T>[]; onChange: (value: T) => void };

/** The browser's own list: it is right on every device and with every screen reader. */
export function Select<T extends string>({ options, onChange, className, ...select }: SelectProps<T>) {
  return (
    <select {...select} className={cn(CONTROL, "h-8 px-2", className)} onChange={(event) => onChange(event.target.value as T)}>
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

export function SelectField<T extends string>({ label, hint, problem, className, ...select }: Labelled & Omit<SelectProps<T>, "className">) {
  return (
    <FormField label={label} hint={hint} problem={problem} className={className ?? ""}>
      {(attributes) => <Select {...select} {...attributes} className="h-9" />}
    </FormField>
  );
}

export function Checkbox({ label, hint, checked, disabled = false, onChange }: { label: string; hint?: string; checked: boolean; disabled?: boolean; onChange: (checked: boolean) => void }) {
  const id = useId();
  return (
    <div className="flex items-start gap-2.5">
      <input
        id={id}
        type="checkbox"
        checked={checked}
        disabled={disabled}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={(event) => onChange(event.target.checked)}
        className="mt-0.5 size-4 shrink-0 accent-accent disabled:opacity-60"
      />
      <div className="min-w-0">
        <label htmlFor={id} className="text-sm font-medium">
          {label}
        </label>
        {hint !== undefined && (
          <p id={`${id}-hint`} className="text-xs text-muted">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}

/** What went wrong with the whole of a form. */
export function FormProblem({ error }: { error: Error | null }) {
  if (error === null) return null;
  return (
    <p role="alert" className="rounded-md bg-bad-soft px-3 py-2 text-sm text-bad first-letter:uppercase">
      {error.message}
    </p>
  );
}

export function SubmitButton({ pending, children, disabled = false, ...props }: { pending: boolean; children: ReactNode; disabled?: boolean; look?: "primary" | "danger"; size?: "md" | "lg"; className?: string }) {
  return (
    <Button type="submit" look={props.look ?? "primary"} size={props.size ?? "md"} className={props.className} disabled={pending || disabled}>
      {pending && <LoaderCircle className="animate-spin" />}
      {children}
    </Button>
  );
}

export function onSubmit(submit: () => void): (event: FormEvent) => void {
  return (event) => {
    event.preventDefault();
    submit();
  };
}

/** A form in a dialog. It stays open until the change was made, and says what was wrong with it. */
export function FormDialog(props: {
  title: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  action: string;
  pending: boolean;
  error: Error | null;
  onSubmit: () => void;
  disabled?: boolean;
  danger?: boolean;
  children: ReactNode;
}) {
  return (
    <Dialog open={props.open} onOpenChange={props.onOpenChange}>
      <DialogContent className="top-[8vh] flex max-h-[84vh] flex-col">
        <DialogTitle className="border-b border-line px-5 py-3 text-base font-semibold">{props.title}</DialogTitle>
        <form onSubmit={onSubmit(props.onSubmit)} className="flex min-h-0 flex-col">
          <div className="flex min-h-0 flex-col gap-4 overflow-y-auto px-5 py-4">
            {props.children}
            <FormProblem error={props.error} />
          </div>
          <div className="flex justify-end gap-2 border-t border-line px-5 py-3">
            <Button onClick={() => props.onOpenChange(false)}>Cancel</Button>
            <SubmitButton pending={props.pending} disabled={props.disabled ?? false} look={props.danger === true ? "danger" : "primary"}>
              {props.action}
            </SubmitButton>
          </div>
        </form>
      </DialogContent>
    </Dialog>
  );
}

/** For what cannot be taken back at all: the name has to be typed. */
export function TypedConfirm(props: { title: string; text: ReactNode; word: string; typed: string; onType: (typed: string) => void; action: string; open: boolean; onOpenChange: (open: boolean) => void; pending: boolean; error: Error | null; onConfirm: () => void; children?: ReactNode }) {
  return (
    <FormDialog title={props.title} open={props.open} onOpenChange={props.onOpenChange} action={props.action} pending={props.pending} error={props.error} onSubmit={props.onConfirm} disabled={props.typed !== props.word} danger>
      <div className="text-sm text-muted">{props.text}</div>
      {props.children}
      <TextField label={`Type ${props.word} to confirm`} value={props.typed} onChange={props.onType} autoComplete="off" spellCheck={false} />
    </FormDialog>
  );
}
