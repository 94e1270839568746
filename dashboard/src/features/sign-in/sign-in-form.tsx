import { useMutation } from "@tanstack/react-query";
import { Building2, Mail, MailCheck } from "lucide-react";
import { useState } from "react";

import { askForLink, signInByPassword, ssoStart } from "@/api/sign-in-endpoints";
import type { LinkSent, SignInOptions } from "@/api/types";
import { Button } from "@/ui/button";
import { FormProblem, onSubmit, SubmitButton, TextField } from "@/ui/form";

import { safePath } from "./entering";
import { useSignInOptions } from "./queries";

/** An address, and the ways in that there are for it. */
export function SignInForm({ options, then, onDone }: { options: SignInOptions; then: string | undefined; onDone: () => void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const providers = useSignInOptions(email).data?.sso ?? [];
  const link = useMutation({ mutationFn: askForLink });
  const signIn = useMutation({ mutationFn: () => signInByPassword(email.trim(), password), onSuccess: onDone });
  if (link.data !== undefined) return <LinkOnItsWay sent={link.data} email={email.trim()} isMailed={options.mail} onBack={link.reset} />;
  const hasPassword = password !== "";
  const submit = () => {
    if (hasPassword || !options.mail) signIn.mutate();
    else link.mutate(email.trim());
  };
  return (
    <form onSubmit={onSubmit(submit)} className="mt-5 flex flex-col gap-3.5">
      <TextField label="E-mail address" type="email" name="email" autoComplete="username" required autoFocus value={email} onChange={setEmail} />
      {providers.map((provider) => (
        <Button key={provider.id} asChild size="lg" look="primary">
          <a href={ssoStart(provider.id, safePath(then))}>
            <Building2 />
            Continue with {provider.name}
          </a>
        </Button>
      ))}
      <TextField
        label={options.mail ? "Password (optional)" : "Password"}
        type="password"
        name="password"
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
        hint={options.mail ? "Leave it empty to get a link by mail." : undefined}
      />
      <FormProblem error={signIn.error ?? link.error} />
      <SubmitButton size="lg" pending={signIn.isPending || (options.mail && link.isPending)} disabled={email.trim() === "" || (!options.mail && !hasPassword)}>
        {hasPassword || !options.mail ? "Sign in" : "Send me a link"}
      </SubmitButton>
      {!options.mail && (
        <>
          <Button size="lg" disabled={email.trim() === "" || link.isPending} onClick={() => link.mutate(email.trim())}>
            <Mail />
            Sign in by a link
          </Button>
          <p className="text-xs text-muted">This Lynex sends no mail: a link appears where it runs, on its console.</p>
        </>
      )}
    </form>
  );
}

function LinkOnItsWay({ sent, email, isMailed, onBack }: { sent: LinkSent; email: string; isMailed: boolean; onBack: () => void }) {
  const minutes = Math.round(sent.expires_in_s / 60);
  return (
    <div role="status" className="mt-5 flex flex-col gap-3 text-sm">
      <p className="flex items-center gap-2 font-medium">
        <MailCheck aria-hidden className="size-4 text-good" />
        {isMailed ? "Look into your mail" : "Look at the console of Lynex"}
      </p>
      <p className="text-muted">
        If <strong className="font-medium text-text">{email}</strong> may sign in here, a link {isMailed ? "is on its way" : "stands there now"}. It works once, within {minutes} minutes, in this browser.
      </p>
      {sent.link !== null && (
        <Button asChild look="primary" size="lg">
          <a href={sent.link}>Open the link (development)</a>
        </Button>
      )}
      <Button onClick={onBack}>Back</Button>
    </div>
  );
}
