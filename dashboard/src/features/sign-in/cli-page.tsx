import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, Navigate, useSearch } from "@tanstack/react-router";
import { CircleCheck, CircleX, Terminal } from "lucide-react";
import { useState, useSyncExternalStore } from "react";

import { useMe } from "@/access/me";
import { carriedValue, onCarriedChange } from "@/api/fragment";
import { decideCli, fetchWaitingCli } from "@/api/sign-in-endpoints";
import { formatDistance } from "@/format/until";
import { paths } from "@/paths";
import { Button } from "@/ui/button";
import { FormProblem, onSubmit, SubmitButton, TextField } from "@/ui/form";
import { SkeletonRows } from "@/ui/state";

import { EntranceCard } from "./card";

const TITLE = "Let a command line in?";

/** Where `lynex login` leads: a signed-in person compares the code and decides. */
export function CliPage() {
  const search = useSearch({ from: "/cli" });
  const carried = useSyncExternalStore(onCarriedChange, () => carriedValue("code"));
  const [typed, setTyped] = useState<string | null>(null);
  const code = typed ?? search.code ?? carried;
  const me = useMe();
  if (me.isPending) return <EntranceCard title={TITLE}><SkeletonRows rows={3} /></EntranceCard>;
  if (me.data?.user == null) return <Navigate {...paths.signIn(code === null ? "/cli" : `/cli?code=${encodeURIComponent(code)}`)} replace />;
  return code === null ? <AskForCode onCode={setTyped} /> : <Decide key={code} code={code} email={me.data.user.email} />;
}

function AskForCode({ onCode }: { onCode: (code: string) => void }) {
  const [code, setCode] = useState("");
  return (
    <EntranceCard title={TITLE} note="Type the code that your command line shows.">
      <form onSubmit={onSubmit(() => onCode(code.trim().toUpperCase()))} className="mt-5 flex flex-col gap-3">
        <TextField label="Code" placeholder="BCDF-GHJK" autoFocus autoComplete="off" mono value={code} onChange={setCode} />
        <SubmitButton size="lg" pending={false} disabled={code.trim() === ""}>
          Continue
        </SubmitButton>
      </form>
    </EntranceCard>
  );
}

function Decide({ code, email }: { code: string; email: string }) {
  const waiting = useQuery({ queryKey: ["waiting-cli", code], queryFn: ({ signal }) => fetchWaitingCli(code, signal), retry: false, refetchOnWindowFocus: false });
  const decide = useMutation({ mutationFn: (decision: "confirm" | "refuse") => decideCli(code, decision) });
  if (decide.isSuccess) return <Decided isIn={decide.variables === "confirm"} />;
  if (waiting.error !== null) {
    return (
      <EntranceCard title="No command line waits with this code">
        <p role="alert" className="mt-2 text-sm text-muted">{waiting.error.message}</p>
        <p className="mt-2 text-sm text-muted">
          Codes last ten minutes. Run <code className="rounded-sm bg-sunken px-1 font-mono text-xs">lynex login</code> again and open the link it prints.
        </p>
      </EntranceCard>
    );
  }
  if (waiting.data === undefined) return <EntranceCard title={TITLE}><SkeletonRows rows={3} /></EntranceCard>;
  const { user_code, address, user_agent, created_at } = waiting.data;
  return (
    <EntranceCard title={TITLE} note={`It will act as you, ${email}, until you end its session.`}>
      <p className="mt-5 rounded-md border border-line bg-sunken py-3 text-center font-mono text-lg tracking-widest" aria-label="Code">
        {user_code}
      </p>
      <p className="mt-2 text-sm text-muted">Go on only if your command line shows exactly this code.</p>
      <dl className="mt-4 grid grid-cols-[90px_1fr] gap-y-1.5 text-sm">
        <dt className="text-muted">Program</dt>
        <dd className="break-words">{user_agent || "unknown"}</dd>
        <dt className="text-muted">Address</dt>
        <dd>{address}</dd>
        <dt className="text-muted">Asked</dt>
        <dd>{formatDistance(created_at, new Date())}</dd>
      </dl>
      <div className="mt-5 flex flex-col gap-2">
        <FormProblem error={decide.error} />
        <Button look="primary" size="lg" disabled={decide.isPending} onClick={() => decide.mutate("confirm")}>
          <Terminal />
          Let it in
        </Button>
        <Button size="lg" look="danger" disabled={decide.isPending} onClick={() => decide.mutate("refuse")}>
          Refuse
        </Button>
      </div>
    </EntranceCard>
  );
}

function Decided({ isIn }: { isIn: boolean }) {
  return (
    <EntranceCard title={isIn ? "It is in" : "Refused"} note={isIn ? "Go back to your command line: it goes on by itself." : "The command line was not let in. If you did not start it, somebody else did."}>
      <div role="status" className="mt-5 flex items-center gap-2 text-sm">
        {isIn ? <CircleCheck aria-hidden className="size-5 text-good" /> : <CircleX aria-hidden className="size-5 text-bad" />}
        <Link {...paths.account()} className="text-accent-text underline underline-offset-2">
          See where you are signed in
        </Link>
      </div>
    </EntranceCard>
  );
}
