import { useState } from "react";

import { ApiError } from "@/api/client";
import { FormProblem, onSubmit, SubmitButton, TextField } from "@/ui/form";

import { EntranceCard } from "./card";
import { useEnter } from "./entering";
import { useBecomeOwner, useSignInOptions } from "./queries";

/** Who opens a fresh Lynex' first link says who he is, and is in. */
export function FirstOwnerForm({ token }: { token: string }) {
  const enter = useEnter();
  const become = useBecomeOwner(token, () => enter("/"));
  const sendsMail = useSignInOptions().data?.mail ?? false;
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const wrong = (field: string) => (become.error instanceof ApiError && become.error.field === field ? become.error.message : null);
  const isNamed = ["email", "name", "password"].some((field) => wrong(field) !== null);
  return (
    <EntranceCard title="Welcome to Lynex" note="You opened its first link: you become its owner. Tell it who you are.">
      <form onSubmit={onSubmit(() => become.mutate({ name: name.trim(), email: email.trim(), password: password || null }))} className="mt-5 flex flex-col gap-3.5">
        <TextField label="Your name" name="name" autoComplete="name" autoFocus required value={name} onChange={setName} problem={wrong("name")} />
        <TextField label="E-mail address" type="email" name="email" autoComplete="username" required value={email} onChange={setEmail} problem={wrong("email")} hint="It is how you sign in. Nothing is sent anywhere." />
        <TextField
          label={sendsMail ? "Password (optional)" : "Password (recommended)"}
          type="password"
          name="new-password"
          autoComplete="new-password"
          value={password}
          onChange={setPassword}
          problem={wrong("password")}
          hint={sendsMail ? "Without one, you sign in by links sent to your mail." : "This Lynex sends no mail: without one, you sign in by links that it prints on its console."}
        />
        {!isNamed && <FormProblem error={become.error} />}
        <SubmitButton size="lg" pending={become.isPending} disabled={name.trim() === "" || email.trim() === ""}>
          Start
        </SubmitButton>
      </form>
    </EntranceCard>
  );
}
