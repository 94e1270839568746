import { KeyRound, LoaderCircle } from "lucide-react";
import { useState, type FormEvent } from "react";

import { ApiError } from "@/api/client";
import { Button } from "@/ui/button";
import { Input } from "@/ui/field";

import { useSignIn } from "./queries";

/** Asks for an API key and says where to find one. */
export function SignInPage({ refused = false }: { refused?: boolean }) {
  const signIn = useSignIn();
  const [key, setKey] = useState("");
  const problem = problemText(signIn.error, refused);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (key.trim() !== "") signIn.mutate(key.trim());
  };
  return (
    <main className="flex min-h-full items-center justify-center bg-canvas p-4">
      <div className="w-full max-w-md rounded-lg border border-line bg-surface p-6 shadow-card sm:p-8">
        <img src="/favicon.svg" alt="" className="size-10" />
        <h1 className="mt-4 text-lg font-semibold tracking-tight">Connect to Lynex</h1>
        <p className="mt-1 text-sm text-muted">This browser needs a project’s API key once. It stays in this browser.</p>
        <form onSubmit={submit} className="mt-5 flex flex-col gap-3">
          <label className="flex flex-col gap-1.5 text-sm font-medium">
            API key
            <Input
              autoFocus
              type="password"
              autoComplete="off"
              spellCheck={false}
              placeholder="lx_…"
              className="h-9 font-mono"
              value={key}
              onChange={(event) => setKey(event.target.value)}
              aria-invalid={problem !== null}
              aria-describedby={problem === null ? undefined : "key-problem"}
            />
          </label>
          {problem !== null && (
            <p id="key-problem" role="alert" className="text-sm text-bad">
              {problem}
            </p>
          )}
          <Button type="submit" look="primary" size="lg" disabled={signIn.isPending || key.trim() === ""}>
            {signIn.isPending ? <LoaderCircle className="animate-spin" /> : <KeyRound />}
            Connect
          </Button>
        </form>
        <div className="mt-6 border-t border-line pt-4 text-sm text-muted">
          <h2 className="font-medium text-text">Where is my key?</h2>
          <p className="mt-1">
            The first <code className="rounded-sm bg-sunken px-1 font-mono text-xs text-text">lynex up</code> prints a link that ends in{" "}
            <code className="rounded-sm bg-sunken px-1 font-mono text-xs text-text">/#key=lx_…</code>. Open that link, or paste the part after{" "}
            <code className="rounded-sm bg-sunken px-1 font-mono text-xs text-text">key=</code> here. On a shared server, ask whoever runs it.
          </p>
        </div>
      </div>
    </main>
  );
}

function problemText(error: Error | null, refused: boolean): string | null {
  if (error instanceof ApiError && error.status === 401) return "The server does not know this key.";
  if (error !== null) return error.message;
  return refused ? "The key in this browser is no longer accepted." : null;
}
