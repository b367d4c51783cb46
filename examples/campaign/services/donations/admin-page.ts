import { adminStyle } from './admin-style.ts';

export interface AdminGift {
  readonly id: string;
  readonly amountCents: number;
  readonly name: string;
  readonly email: string;
  readonly public: boolean;
  readonly createdAt: Date;
  readonly receiptSentAt: Date | null;
}

export interface AdminFacts {
  /** The newest first. */
  readonly donations: readonly AdminGift[];
  readonly total: {
    readonly raisedCents: number;
    readonly gifts: number;
    readonly goalCents: number;
  };
  readonly now: Date;
}

const dollars = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });
const wholeDollars = new Intl.NumberFormat('en-US', {
  style: 'currency',
  currency: 'USD',
  maximumFractionDigits: 0,
});
const moment = new Intl.DateTimeFormat('en-US', {
  month: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
  timeZone: 'America/Chicago',
});
const HOUR_MS = 3_600_000;

/**
 * What the fundraising desk looks at: the newest gifts, and which of them still wait for a receipt.
 * It is whole without scripts and without any other service, so that it is there on a bad day.
 */
export function renderAdminPage({ donations, total, now }: AdminFacts): string {
  const share = Math.min(100, Math.round((100 * total.raisedCents) / total.goalCents));
  const lastHour = donations.filter(({ createdAt }) => now.getTime() - +createdAt < HOUR_MS);
  const waiting = donations.filter(({ receiptSentAt }) => receiptSentAt === null);
  const figures = [
    ['raised', wholeDollars.format(total.raisedCents / 100)],
    [`of ${wholeDollars.format(total.goalCents / 100)}`, `${share}%`],
    ['gifts', total.gifts.toLocaleString('en-US')],
    ['in the last hour, of those below', String(lastHour.length)],
    ['wait for a receipt, of those below', String(waiting.length)],
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gifts · inside</title>
<link rel="icon" href="data:,">
<style>${adminStyle}</style>
</head>
<body>
<header><b>Marlowe for Governor</b> <span>Inside: not for the public</span></header>
<main>
<div class="head"><h1>Gifts</h1>
<p>As of <time datetime="${now.toISOString()}">${moment.format(now)}</time>.
<a href="?">Look again</a></p></div>
<dl>${figures.map(figure).join('')}</dl>
${donations.length === 0 ? '<p class="empty">No gift has come in yet.</p>' : table(donations)}
</main>
</body>
</html>
`;
}

function figure([name = '', value = '']: readonly string[]): string {
  return `<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

function table(gifts: readonly AdminGift[]): string {
  return `<div class="scroll" tabindex="0" role="region" aria-labelledby="newest">
<table>
<caption id="newest">The newest ${gifts.length}</caption>
<thead><tr><th scope="col">When</th><th scope="col">Who</th>
<th scope="col" class="amount">Amount</th>
<th scope="col">Shown</th><th scope="col">Receipt</th><th scope="col">Reference</th></tr></thead>
<tbody>
${gifts.map(row).join('\n')}
</tbody>
</table>
</div>`;
}

function row(gift: AdminGift): string {
  const receipt =
    gift.receiptSentAt === null
      ? '<td class="waits">waits</td>'
      : `<td>${moment.format(gift.receiptSentAt)}</td>`;
  return `<tr><td>${moment.format(gift.createdAt)}</td>
<th scope="row">${escapeHtml(gift.name)}<span>${escapeHtml(gift.email)}</span></th>
<td class="amount">${dollars.format(gift.amountCents / 100)}</td>
<td>${gift.public ? 'yes' : 'no'}</td>${receipt}
<td><code>${escapeHtml(gift.id.slice(0, 8))}</code></td></tr>`;
}

/** Names and addresses come from anybody. */
function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
