import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Laptop, Terminal, Trash2 } from "lucide-react";
import { useState } from "react";

import { useMe } from "@/access/me";
import { chooseProject } from "@/api/project";
import { deleteAccount, endMyOtherSessions, endMySession, fetchMySessions, fetchPasswordState } from "@/api/sign-in-endpoints";
import type { Session, User } from "@/api/types";
import { useChange } from "@/api/use-change";
import { formatFullTime } from "@/format/time";
import { formatDistance } from "@/format/until";
import { paths } from "@/paths";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { FormProblem, TextField, TypedConfirm } from "@/ui/form";
import { PageHeader } from "@/ui/page";
import { Loaded, Row, Rows, Section, SettingsBody } from "@/ui/settings";
import { EmptyState } from "@/ui/state";

import { agentInWords } from "./agent";
import { PasswordForm } from "./password-form";

/** Where one is signed in, one's password, and one's end here. */
export function AccountPage() {
  const user = useMe().data?.user ?? null;
  return (
    <>
      <PageHeader title="My account" note={user?.email ?? ""} />
      {user === null ? (
        <EmptyState title="This browser uses an API key">It has no account. Forget the key and sign in to see yours.</EmptyState>
      ) : (
        <SettingsBody>
          <Sessions />
          <PasswordForm email={user.email} />
          <Ending user={user} />
        </SettingsBody>
      )}
    </>
  );
}

function Sessions() {
  const query = useQuery({ queryKey: ["my-sessions"], queryFn: ({ signal }) => fetchMySessions(signal) });
  const end = useChange((id: string) => endMySession(id), [["my-sessions"]]);
  const endOthers = useChange(() => endMyOtherSessions(), [["my-sessions"]]);
  const others = query.data?.filter((each) => !each.is_this_one).length ?? 0;
  return (
    <Section
      title="Where you are signed in"
      note="A session that you end stops within a second, everywhere."
      actions={
        others > 0 && (
          <Confirm trigger={<Button disabled={endOthers.isPending}>Sign out everywhere else</Button>} title="Sign out everywhere else?" text="Every other browser and command line of yours has to sign in again." action="Sign out everywhere else" danger onConfirm={() => endOthers.mutate()} />
        )
      }
    >
      <FormProblem error={end.error ?? endOthers.error} />
      <Loaded query={query} label="Loading sessions">
        {(sessions) => (
          <Rows label="Sessions">
            {sessions.map((session) => (
              <SessionRow key={session.id} session={session} isBusy={end.isPending} onEnd={() => end.mutate(session.id)} />
            ))}
          </Rows>
        )}
      </Loaded>
    </Section>
  );
}

function SessionRow({ session, isBusy, onEnd }: { session: Session; isBusy: boolean; onEnd: () => void }) {
  const Icon = session.kind === "cli" ? Terminal : Laptop;
  const name = agentInWords(session.user_agent);
  const now = new Date();
  return (
    <Row
      actions={
        session.is_this_one ? (
          <Badge tone="accent" size="md">
            this browser
          </Badge>
        ) : (
          <Confirm trigger={<Button disabled={isBusy} aria-label={`End the session of ${name}`}>End</Button>} title="End this session?" text={`${name}, from ${session.address}, has to sign in again.`} action="End session" danger onConfirm={onEnd} />
        )
      }
    >
      <div className="flex items-start gap-3">
        <Icon aria-hidden className="mt-0.5 size-4 shrink-0 text-faint" />
        <div className="min-w-0">
          <div className="font-medium break-words" title={session.user_agent}>
            {name}
          </div>
          <div className="text-xs text-muted">
            From {session.address} · <span title={formatFullTime(session.last_seen_at)}>last seen {formatDistance(session.last_seen_at, now)}</span> · signed in {formatDistance(session.created_at, now)} · ends {formatDistance(session.expires_at, now)}
          </div>
        </div>
      </div>
    </Row>
  );
}

function Ending({ user }: { user: User }) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const password = useQuery({ queryKey: ["password"], queryFn: ({ signal }) => fetchPasswordState(signal) });
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const [given, setGiven] = useState("");
  const drop = useChange(
    () => deleteAccount(given === "" ? null : given),
    [],
    () => {
      chooseProject(null);
      void navigate(paths.signIn()).then(() => queryClient.clear());
    },
  );
  return (
    <Section title="Delete my account" danger>
      <div className="flex flex-wrap items-center gap-3 px-4 py-3">
        <p className="min-w-0 flex-1 basis-64 text-sm text-muted">Your sessions, roles, name and address go for good. The audit log keeps what you did. The last owner of an organisation cannot: hand it over first.</p>
        <Button look="danger" onClick={() => setOpen(true)}>
          <Trash2 />
          Delete account
        </Button>
      </div>
      <TypedConfirm title="Delete your account?" text="This cannot be taken back." word={user.email} typed={typed} onType={setTyped} action="Delete my account" open={open} onOpenChange={setOpen} pending={drop.isPending} error={drop.error} onConfirm={() => drop.mutate()}>
        {password.data?.is_set === true ? (
          <TextField label="Your password" type="password" autoComplete="current-password" value={given} onChange={setGiven} required />
        ) : (
          <p className="text-sm text-muted">You must have signed in within the last 15 minutes: else sign out and in again first.</p>
        )}
      </TypedConfirm>
    </Section>
  );
}
