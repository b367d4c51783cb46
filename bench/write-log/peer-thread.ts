/** The body of a thread that makes durable what it is sent: one write and sync for all of it. */
import { fdatasyncSync, openSync, writevSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';

export interface PeerData {
  readonly kind: 'bare' | 'sqlite';
  readonly file: string;
}

/** Bodies of one turn of the event loop, all of `size` bytes. */
export interface PeerBatch {
  readonly id: number;
  readonly size: number;
  readonly bodies: Uint8Array;
}

function bareCommit(file: string): (batches: readonly PeerBatch[]) => void {
  const fd = openSync(file, 'a', 0o600);
  return (batches) => {
    writevSync(
      fd,
      batches.map(({ bodies }) => bodies),
    );
    fdatasyncSync(fd);
  };
}

function sqliteCommit(file: string): (batches: readonly PeerBatch[]) => void {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec('CREATE TABLE writes (position INTEGER PRIMARY KEY, body BLOB NOT NULL)');
  const insert = database.prepare('INSERT INTO writes (body) VALUES (?)');
  return (batches) => {
    database.exec('BEGIN IMMEDIATE');
    for (const { bodies, size } of batches) {
      for (let at = 0; at < bodies.length; at += size) insert.run(bodies.subarray(at, at + size));
    }
    database.exec('COMMIT');
  };
}

const { kind, file } = workerData as PeerData;
const commit = kind === 'bare' ? bareCommit(file) : sqliteCommit(file);
const port = parentPort;
if (port === null) throw new Error('This file is the body of a thread.');
port.on('message', (first: PeerBatch) => {
  const batches = [first];
  while (batches.length < 1_000) {
    const next = receiveMessageOnPort(port) as { message: PeerBatch } | undefined;
    if (next === undefined) break;
    batches.push(next.message);
  }
  commit(batches);
  port.postMessage(
    batches.map(({ id }) => id),
    [],
  );
});
