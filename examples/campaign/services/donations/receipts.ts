import { drop, log, postgres } from 'turnout/sdk';

/**
 * The job `receipts`: what a campaign would hand to its mail provider, it marks as sent. A batch a
 * transaction, and rows that another run holds are left to it, so that two runs never send one
 * receipt twice.
 */
const BATCH = 200;
/** At most this many in one run; the next one goes on. */
const BATCHES = 25;

const db = postgres('db');
let sent = 0;
for (let batch = 0; batch < BATCHES; batch++) {
  const rows = await db.write((tx) =>
    tx.query<{ id: string }>(
      `update donations set receipt_sent_at = now() where id in (
         select id from donations where receipt_sent_at is null
         order by created_at limit $1 for update skip locked)
       returning id`,
      [BATCH],
    ),
  );
  sent += rows.length;
  if (rows.length < BATCH) break;
}
log.info('receipts sent', { sent });
await drop();
