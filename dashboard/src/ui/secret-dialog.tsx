import { Check, Copy } from "lucide-react";
import { useState, type ReactNode } from "react";

import { Button } from "./button";
import { copyText } from "./copy-button";
import { Dialog, DialogContent, DialogTitle } from "./dialog";

/** A secret that is shown this once. It closes only by the button that says so: not by a stray click or key. */
export function SecretDialog({ title, label, secret, children, done = "I stored it", onDone }: { title: string; label: string; secret: string; children: ReactNode; done?: string; onDone: () => void }) {
  const [copied, setCopied] = useState(false);
  return (
    <Dialog open>
      <DialogContent onEscapeKeyDown={(event) => event.preventDefault()} onPointerDownOutside={(event) => event.preventDefault()} className="p-5">
        <DialogTitle className="text-base font-semibold">{title}</DialogTitle>
        <div className="mt-1.5 text-sm text-muted">{children}</div>
        <code aria-label={label} role="textbox" aria-readonly tabIndex={0} className="mt-4 block rounded-md border border-line bg-sunken p-3 font-mono text-xs break-all select-all">
          {secret}
        </code>
        <div className="mt-4 flex flex-wrap justify-end gap-2">
          <Button onClick={() => void copyText(secret).then(setCopied)}>
            {copied ? <Check className="text-good" /> : <Copy />}
            {copied ? "Copied" : "Copy"}
          </Button>
          <Button look="primary" onClick={onDone}>
            {done}
          </Button>
        </div>
      </DialogContent>
    </Dialog>
  );
}
