import { Link } from "@tanstack/react-router";
import { BellPlus, Plus } from "lucide-react";

import { useRefusal } from "@/access/me";
import type { AlertRule } from "@/api/alert-types";
import { formatListTime } from "@/format/time";
import { paths } from "@/paths";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Loaded, ReadOnlyNote, Rows, Section, SettingsBody } from "@/ui/settings";
import { EmptyState } from "@/ui/state";

import { useRules } from "./queries";
import { SEVERITIES } from "./words";

/** What is watched. */
export function RulesPage() {
  const query = useRules();
  const refusal = useRefusal("alerts:write");
  const add = refusal === null && (
    <Button look="primary" asChild>
      <Link {...paths.newAlertRule()}>
        <Plus />
        New rule
      </Link>
    </Button>
  );
  return (
    <SettingsBody wide>
      <ReadOnlyNote reason={refusal} />
      <Section title="Alert rules" note="One process looks, however many run. Each firing is told once per period." actions={add}>
        <Loaded query={query} label="Loading alert rules">
          {(rules) =>
            rules.length === 0 ? (
              <EmptyState icon={<BellPlus />} title="No alert rule yet">
                A rule watches a figure and opens an incident when it is worth one. Before you make it, you see how often it would have fired in the last 30 days.
              </EmptyState>
            ) : (
              <Rows label="Alert rules">
                {rules.map((rule) => (
                  <RuleRow key={rule.id} rule={rule} />
                ))}
              </Rows>
            )
          }
        </Loaded>
      </Section>
    </SettingsBody>
  );
}

function RuleRow({ rule }: { rule: AlertRule }) {
  return (
    <li>
      <Link {...paths.alertRule(rule.id)} className="block px-4 py-3 outline-offset-[-2px] hover:bg-hover">
        <span className="flex flex-wrap items-center gap-1.5">
          <span className="font-medium">{rule.name}</span>
          <Badge tone={SEVERITIES[rule.severity]}>{rule.severity}</Badge>
          {!rule.enabled && <Badge>off</Badge>}
          {rule.failing_since !== null && <Badge tone="bad">cannot look</Badge>}
        </span>
        <span className="mt-0.5 block text-xs text-muted">{rule.describes}.</span>
        {rule.failing_since !== null && (
          <span className="mt-0.5 block text-xs text-bad">
            Since {formatListTime(rule.failing_since, new Date())}: {rule.error}
          </span>
        )}
      </Link>
    </li>
  );
}
