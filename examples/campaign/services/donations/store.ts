import type { Database, OnceResult, Transaction } from 'turnout/sdk';
import { shortName } from '../../shared/invented-people.ts';
import type { AdminGift } from './admin-page.ts';
import type { NewDonation } from './donation.ts';

/** What a supporter is told; a type alias, so that it can be kept as JSON with its key. */
export type Receipt = {
  readonly id: string;
  readonly amountCents: number;
  readonly currency: string;
  readonly name: string;
  readonly createdAt: string;
};

/** What came in through mail and events before this site took gifts. */
const BEFORE_CENTS = 36_912_000;
const BEFORE_GIFTS = 7_867;
const receiptColumns = `id, amount_cents as "amountCents", currency, name, created_at as "createdAt"`;

type ReceiptRow = Omit<Receipt, 'createdAt'> & { readonly createdAt: Date };

/**
 * Records a gift. Its key is stored in the same transaction, so that a request that comes again,
 * from a supporter or from Turnout's queue, finds the first gift.
 */
export function give(
  db: Database,
  donation: NewDonation,
  key: string | null,
): Promise<OnceResult<Receipt>> {
  const once = { key, feature: 'donate', request: donation };
  return db.once<Receipt>(once, async (tx: Transaction) => {
    const { amountCents, currency, name, email, public: isPublic } = donation;
    const [row] = await tx.query<ReceiptRow>(
      `insert into donations (amount_cents, currency, name, email, public)
       values ($1, $2, $3, $4, $5) returning ${receiptColumns}`,
      [amountCents, currency, name, email, isPublic],
    );
    if (row === undefined) throw new Error('insert … returning gave no row');
    return receiptOf(row);
  });
}

/** A receipt is asked for right after the gift, when a replica may not have it yet. */
export async function findReceipt(db: Database, id: string): Promise<Receipt | null> {
  const sql = `select ${receiptColumns} from donations where id = $1`;
  const [copy] = await db.read<ReceiptRow>(sql, [id]);
  if (copy !== undefined) return receiptOf(copy);
  const [row] = await db.readLatest<ReceiptRow>(sql, [id]);
  return row === undefined ? null : receiptOf(row);
}

export interface Total {
  readonly raisedCents: number;
  readonly gifts: number;
}

export async function total(db: Database): Promise<Total> {
  const [row] = await db.read<{ raised: string; gifts: string }>(
    'select coalesce(sum(amount_cents), 0) as raised, count(*) as gifts from donations',
  );
  return {
    raisedCents: BEFORE_CENTS + Number(row?.raised ?? 0),
    gifts: BEFORE_GIFTS + Number(row?.gifts ?? 0),
  };
}

/** The largest public gifts of the last week, by first name and initial as supporters agreed to. */
export async function leaders(
  db: Database,
): Promise<readonly { name: string; amountCents: number }[]> {
  const rows = await db.read<{ name: string; amountCents: number }>(
    `select name, amount_cents as "amountCents" from donations
     where public and created_at > now() - interval '7 days'
     order by amount_cents desc, created_at limit 10`,
  );
  return rows.map(({ name, amountCents }) => ({ name: shortName(name), amountCents }));
}

/** The newest gifts with everything that staff may see. */
export function recent(db: Database, limit: number): Promise<readonly AdminGift[]> {
  return db.read<AdminGift>(
    `select id, amount_cents as "amountCents", name, email, public, created_at as "createdAt",
            receipt_sent_at as "receiptSentAt"
     from donations order by created_at desc limit $1`,
    [limit],
  );
}

function receiptOf(row: ReceiptRow): Receipt {
  return { ...row, createdAt: row.createdAt.toISOString() };
}
