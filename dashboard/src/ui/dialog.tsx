import { X } from "lucide-react";
import { AlertDialog, Dialog as Primitive } from "radix-ui";
import { useEffect, useState, type ComponentProps, type ReactNode } from "react";

import { Button, IconButton } from "./button";
import { cn } from "./cn";

export const Dialog = Primitive.Root;
export const DialogTrigger = Primitive.Trigger;
export const DialogTitle = Primitive.Title;

const OVERLAY = "fixed inset-0 z-40 bg-black/35 dark:bg-black/60 animate-fade";

/** Where it ends, what had the focus before has it again. The primitive does so alone for dialogs that have a trigger
 *  of their own; without, the focus would be lost, and the keyboard begin at the top of the page. */
function GivesFocusBack() {
  const [opener] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      setTimeout(() => {
        if (opener instanceof HTMLElement && document.activeElement === document.body) opener.focus();
      });
    },
    [opener],
  );
  return null;
}

export function DialogContent({ className, children, ...props }: ComponentProps<typeof Primitive.Content>) {
  return (
    <Primitive.Portal>
      <Primitive.Overlay className={OVERLAY} />
      <Primitive.Content
        aria-describedby={undefined}
        className={cn("fixed top-[14vh] left-1/2 z-50 w-[min(560px,calc(100vw-24px))] -translate-x-1/2 rounded-lg border border-line bg-raised shadow-pop outline-none animate-fade", className)}
        {...props}
      >
        <GivesFocusBack />
        {children}
      </Primitive.Content>
    </Primitive.Portal>
  );
}

/** A panel from the left or right edge: the navigation on phones, the details of a row. */
export function SheetContent({ title, side, className, children }: { title: string; side: "left" | "right"; className?: string; children: ReactNode }) {
  return (
    <Primitive.Portal>
      <Primitive.Overlay className={OVERLAY} />
      <Primitive.Content
        aria-describedby={undefined}
        className={cn(
          "fixed inset-y-0 z-50 flex w-[min(640px,100vw)] flex-col border-line bg-surface shadow-pop outline-none animate-fade",
          side === "left" ? "left-0 border-r" : "right-0 border-l",
          className,
        )}
      >
        <GivesFocusBack />
        <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line px-4">
          <Primitive.Title className="truncate text-sm font-semibold">{title}</Primitive.Title>
          <Primitive.Close asChild>
            <IconButton label="Close" className="ml-auto -mr-2">
              <X />
            </IconButton>
          </Primitive.Close>
        </header>
        {children}
      </Primitive.Content>
    </Primitive.Portal>
  );
}

/** Asks before something that cannot be taken back. */
export function Confirm(props: { trigger: ReactNode; title: string; text: string; action: string; onConfirm: () => void; danger?: boolean }) {
  return (
    <AlertDialog.Root>
      <AlertDialog.Trigger asChild>{props.trigger}</AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className={OVERLAY} />
        <AlertDialog.Content className="fixed top-[24vh] left-1/2 z-50 w-[min(420px,calc(100vw-24px))] -translate-x-1/2 rounded-lg border border-line bg-raised p-5 shadow-pop outline-none animate-fade">
          <AlertDialog.Title className="text-base font-semibold">{props.title}</AlertDialog.Title>
          <AlertDialog.Description className="mt-1.5 text-sm text-muted">{props.text}</AlertDialog.Description>
          <div className="mt-5 flex justify-end gap-2">
            <AlertDialog.Cancel asChild>
              <Button>Cancel</Button>
            </AlertDialog.Cancel>
            <AlertDialog.Action asChild onClick={props.onConfirm}>
              <Button look={props.danger === true ? "danger" : "primary"}>{props.action}</Button>
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

/** Removes one thing of a list, once that is confirmed. */
export function RemoveButton({ title, text, pending, onRemove }: { title: string; text: string; pending: boolean; onRemove: () => void }) {
  return (
    <Confirm
      trigger={
        <Button size="sm" look="danger" disabled={pending}>
          Remove
        </Button>
      }
      title={title}
      text={text}
      action="Remove"
      danger
      onConfirm={onRemove}
    />
  );
}
