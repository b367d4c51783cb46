import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderAdminPage, type AdminGift } from './admin-page.ts';

const now = new Date('2026-10-30T18:00:00Z');
const total = { raisedCents: 40_000_000, gifts: 9_127, goalCents: 60_000_000 };
const gift: AdminGift = {
  id: '0b52f8de-58ff-4c1c-9e0a-2f6fb2a8f1aa',
  amountCents: 1_250,
  name: 'Ada Abara',
  email: 'ada@example.org',
  public: true,
  createdAt: new Date('2026-10-30T17:45:00Z'),
  receiptSentAt: null,
};

test('a gift is told with its amount, and that its receipt waits', () => {
  const page = renderAdminPage({ donations: [gift], total, now });
  assert.match(page, /\$12\.50/);
  assert.match(page, /<td class="waits">waits<\/td>/);
  assert.match(page, /<dd>67%<\/dd>/);
});

test('what a donor typed is text and never markup', () => {
  const donations = [
    { ...gift, name: '<img src=x onerror="steal()">', email: "a'b&c@example.org" },
  ];
  const page = renderAdminPage({ donations, total, now });
  assert.ok(!page.includes('<img'));
  assert.match(page, /&lt;img src=x onerror=&quot;steal\(\)&quot;&gt;/);
  assert.match(page, /a&#39;b&amp;c@example\.org/);
});

test('an empty table says so', () => {
  assert.match(renderAdminPage({ donations: [], total, now }), /No gift has come in yet/);
});
