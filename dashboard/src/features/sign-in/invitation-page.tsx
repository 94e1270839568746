import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, useSyncExternalStore } from "react";

import { useMe } from "@/access/me";
import { ApiError } from "@/api/client";
import { carriedValue, onCarriedChange } from "@/api/fragment";
import { chooseProject } from "@/api/project";
import { acceptInvitation, joinByInvitation } from "@/api/sign-in-endpoints";
import type { User } from "@/api/types";
import { paths } from "@/paths";
import { Button } from "@/ui/button";
import { FormProblem, onSubmit, SubmitButton, TextField } from "@/ui/form";
import { SkeletonRows } from "@/ui/state";

import { EntranceCard } from "./card";
import { useEnter } from "./entering";
import { useSignInOptions } from "./queries";

/** Where the link of an invitation leads: join with a new account, or accept with the one that is signed in. */
export function InvitationPage() {
  const token = useSyncExternalStore(onCarriedChange, () => carriedValue("token"));
  const me = useMe();
  if (token === null) {
    return (
      <EntranceCard title="Open your invitation" note="This page needs the link that you were given, the whole of it. Open it again, or ask for a new one.">
        <Button asChild size="lg" className="mt-5 w-full">
          <Link {...paths.overview()}>Go to Lynex</Link>
        </Button>
      </EntranceCard>
    );
  }
  if (me.isPending) return <EntranceCard title="You are invited to Lynex"><SkeletonRows rows={3} /></EntranceCard>;
  const user = me.data?.user ?? null;
  return user === null ? <Join token={token} /> : <Accept token={token} user={user} />;
}

function Join({ token }: { token: string }) {
  const enter = useEnter();
  const sendsMail = useSignInOptions().data?.mail ?? false;
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const join = useMutation({ mutationFn: () => joinByInvitation(token, { name: name.trim(), password: password || null }), onSuccess: () => { chooseProject(null); enter("/"); } });
  const hasAccount = join.error instanceof ApiError && join.error.status === 409;
  return (
    <EntranceCard title="You are invited to Lynex" note="Say who you are, and you are in.">
      <form onSubmit={onSubmit(() => join.mutate())} className="mt-5 flex flex-col gap-3.5">
        <TextField label="Your name" name="name" autoComplete="name" autoFocus required value={name} onChange={setName} />
        <TextField
          label={sendsMail ? "Password (optional)" : "Password (recommended)"}
          type="password"
          name="new-password"
          autoComplete="new-password"
          value={password}
          onChange={setPassword}
          hint={sendsMail ? "Without one, you sign in by links sent to your mail." : "This Lynex sends no mail: a password is how you come back."}
        />
        <FormProblem error={join.error} />
        <SubmitButton size="lg" pending={join.isPending} disabled={name.trim() === ""}>
          Join
        </SubmitButton>
      </form>
      <p className="mt-5 border-t border-line pt-4 text-sm text-muted">
        {hasAccount ? "This address has an account. " : "You have an account here already? "}
        <Link {...paths.signIn("/invitation")} className="font-medium text-accent-text underline underline-offset-2">
          Sign in and accept
        </Link>
      </p>
    </EntranceCard>
  );
}

function Accept({ token, user }: { token: string; user: User }) {
  const enter = useEnter();
  const accept = useMutation({
    mutationFn: () => acceptInvitation(token),
    onSuccess: (accepted) => {
      chooseProject(accepted.project_id);
      enter("/");
    },
  });
  return (
    <EntranceCard title="You are invited to Lynex" note={`You are signed in as ${user.email}.`}>
      <div className="mt-5 flex flex-col gap-3">
        <FormProblem error={accept.error} />
        <Button look="primary" size="lg" disabled={accept.isPending} onClick={() => accept.mutate()}>
          Accept the invitation
        </Button>
        <Button asChild size="lg" look="ghost">
          <Link {...paths.signIn("/invitation")}>I am somebody else</Link>
        </Button>
      </div>
    </EntranceCard>
  );
}
