import assert from 'node:assert/strict';
import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { rotateLog } from '../../lib/rotate-log.ts';
import { FileTail } from './file-tail.ts';
import { readableText, timeOfLine } from './log-line.ts';
import { mergeLogs, readLog } from './read-log.ts';

const folder = mkdtempSync(join(tmpdir(), 'turnout-logs-'));
after(() => rmSync(folder, { recursive: true }));

const at = (seconds: number, text: string): string =>
  `${JSON.stringify({ time: new Date(seconds * 1_000).toISOString(), text })}\n`;

const texts = async (sinceMs: number | null, ...names: string[]): Promise<string[]> => {
  const logs = names.map((name) => {
    const file = join(folder, name);
    return readLog({ name, file }, sinceMs, statSync(file).size);
  });
  const lines: string[] = [];
  for await (const line of mergeLogs(logs)) lines.push(`${line.source} ${line.text}`);
  return lines.map((line) => line.replace(/\{.*"text":"(.*)"\}/, '$1'));
};

test('logs are merged by time, a stack stays with the line it belongs to', async () => {
  appendFileSync(join(folder, 'a'), at(1, 'one') + '  at stack\n' + at(4, 'four'));
  appendFileSync(join(folder, 'b'), 'untimed\n' + at(2, 'two') + at(3, 'three'));
  const all = ['b untimed', 'a one', 'a   at stack', 'b two', 'b three', 'a four'];
  assert.deepEqual(await texts(null, 'a', 'b'), all);
  assert.deepEqual(await texts(2_500, 'a', 'b'), ['b untimed', 'b three', 'a four']);
});

test('older pieces are read first, and a follower misses nothing at rotation', async () => {
  const file = join(folder, 'c');
  const fd = openSync(file, 'a');
  const tail = new FileTail(file, 0);
  const limits = { limitBytes: 1, keep: 5 };
  writeSync(fd, 'first\nsec');
  assert.deepEqual(tail.read(), ['first']);
  writeSync(fd, 'ond\nthird\n');
  rotateLog(file, limits);
  writeSync(fd, 'x\n');
  assert.deepEqual(tail.read(), ['second', 'third', 'x']);
  assert.deepEqual(tail.read(), []);
  assert.deepEqual(await texts(null, 'c'), ['c first', 'c second', 'c third', 'c x']);
  closeSync(fd);
});

test('a file that is not there yet is followed from its first line', () => {
  const file = join(folder, 'later');
  const tail = new FileTail(file, 0);
  assert.deepEqual(tail.read(), []);
  appendFileSync(file, 'hello\n');
  assert.deepEqual(tail.read(), ['hello']);
});

test('times are found in JSON of several loggers and in front of plain lines', () => {
  const ms = Date.parse('2026-11-03T20:00:01.500Z');
  for (const text of [
    '{"time":"2026-11-03T20:00:01.500Z"}',
    `{"time":${ms}}`,
    `{"ts":${ms / 1_000}}`,
    '{"@timestamp":"2026-11-03T20:00:01.500Z"}',
    '2026-11-03T20:00:01.500Z GET /',
    '[2026-11-03 20:00:01.500Z] GET /',
    '2026-11-03T21:00:01,500+01:00 GET /',
  ]) {
    assert.equal(timeOfLine(text), ms, text);
  }
  assert.equal(timeOfLine('no time at all'), null);
  assert.equal(timeOfLine('{"broken'), null);
});

test('our own lines read as sentences and others as they are', () => {
  const line =
    '{"time":"T","level":"info","process":"keeper","message":"process died","why":"a b"}';
  assert.equal(readableText(line), 'T info process died why="a b"');
  assert.equal(readableText('{"level":30,"msg":"x"}'), '{"level":30,"msg":"x"}');
  assert.equal(readableText('plain'), 'plain');
});
