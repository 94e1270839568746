import { KeyRound } from "lucide-react";
import { useState } from "react";

import { ApiError } from "@/api/client";
import { FormProblem, onSubmit, SubmitButton, TextField } from "@/ui/form";

import { useKeySignIn } from "./queries";

/** For who has an API key and no account: a dashboard on a wall, a script's author. */
export function KeyForm({ onDone }: { onDone: () => void }) {
  const signIn = useKeySignIn(onDone);
  const [key, setKey] = useState("");
  const isUnknown = signIn.error instanceof ApiError && signIn.error.status === 401;
  return (
    <form onSubmit={onSubmit(() => signIn.mutate(key.trim()))} className="mt-3 flex flex-col gap-3">
      <TextField label="API key" type="password" autoComplete="off" spellCheck={false} placeholder="lx_…" mono value={key} onChange={setKey} problem={isUnknown ? "The server does not know this key." : null} hint="It stays in this browser. What it may do is all that you may do here." />
      {!isUnknown && <FormProblem error={signIn.error} />}
      <SubmitButton pending={signIn.isPending} disabled={key.trim() === ""}>
        <KeyRound />
        Connect
      </SubmitButton>
    </form>
  );
}
