/** Everything of the pages under "Control" and "Gateway". */
import type { Answer } from "../answer.ts";
import { GatewayDesk } from "../gateway/gateway.ts";
import type { Span } from "../world.ts";
import { AlertDesk } from "./alerts.ts";
import { BudgetDesk } from "./budgets.ts";
import { LetterDesk } from "./dead-letters.ts";
import { KillDesk } from "./kill-switch.ts";
import { PriceDesk } from "./prices.ts";
import type { ControlRequest } from "./request.ts";

export class Control {
  readonly letters = new LetterDesk(Date.now());
  readonly gateway = new GatewayDesk();
  private readonly budgets = new BudgetDesk(Date.now());
  private readonly kills = new KillDesk(Date.now());
  private readonly prices = new PriceDesk(Date.now());
  private readonly alerts = new AlertDesk(Date.now());

  /** Null for what is no business of these pages. `isEmpty`: a project where nothing was made yet. */
  answer(request: ControlRequest, spans: () => readonly Span[], isEmpty: boolean): Answer | null {
    return this.budgets.answer(request, isEmpty) ?? this.kills.answer(request, spans, isEmpty) ?? this.prices.answer(request, spans, isEmpty) ?? this.alerts.answer(request, isEmpty) ?? this.gateway.answer(request, isEmpty);
  }
}

const MOST_VISITORS = 500;

/** Each visitor who signed in stops and limits for himself: browser tests do not stop each other. */
export class Controls {
  private readonly desks = new Map<string, Control>();

  of({ cookies }: { cookies: Readonly<Record<string, string>> }): Control {
    const visitor = cookies.lynex_session?.split(".")[0] ?? "keys";
    const known = this.desks.get(visitor);
    if (known !== undefined) return known;
    const [oldest] = this.desks.keys();
    if (this.desks.size >= MOST_VISITORS && oldest !== undefined) this.desks.delete(oldest);
    const made = new Control();
    this.desks.set(visitor, made);
    return made;
  }
}
