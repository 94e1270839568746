import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { ApiError } from "@/api/client";
import { fetchPasswordState, setPassword } from "@/api/sign-in-endpoints";
import { useChange } from "@/api/use-change";
import { FormProblem, onSubmit, SubmitButton, TextField } from "@/ui/form";
import { Loaded, Section } from "@/ui/settings";

/** Sets a password, or changes it. */
export function PasswordForm({ email }: { email: string }) {
  const state = useQuery({ queryKey: ["password"], queryFn: ({ signal }) => fetchPasswordState(signal) });
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const isSet = state.data?.is_set ?? false;
  const change = useChange(() => setPassword(isSet ? old : null, fresh), [["password"], ["my-sessions"]], () => {
    setOld("");
    setFresh("");
  });
  const aboutNew = change.error instanceof ApiError && change.error.field?.includes("password") === true ? change.error.message : null;
  return (
    <Section title="Password" note={isSet ? "Changing it ends your other sessions." : "You have none: you sign in by links or your provider."}>
      <Loaded query={state} label="Loading">
        {() => (
          <form onSubmit={onSubmit(() => change.mutate())} className="flex max-w-md flex-col gap-3.5 p-4">
            <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
            {isSet && <TextField label="Old password" type="password" autoComplete="current-password" required value={old} onChange={setOld} />}
            <TextField label="New password" type="password" autoComplete="new-password" required value={fresh} onChange={setFresh} problem={aboutNew} hint="Long is what counts: several words are fine." />
            {aboutNew === null && <FormProblem error={change.error} />}
            {change.isSuccess && fresh === "" && (
              <p role="status" className="text-sm text-good">
                Your password is set. Other sessions ended.
              </p>
            )}
            <SubmitButton className="self-start" pending={change.isPending} disabled={fresh === "" || (isSet && old === "")}>
              {isSet ? "Change password" : "Set a password"}
            </SubmitButton>
          </form>
        )}
      </Loaded>
    </Section>
  );
}
