import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placesOf } from '../sandbox-partner/polling-places.ts';
import { readPartnerAnswer } from './polling-place.ts';

const place = {
  locationName: 'ASHBY GRANGE HALL',
  line1: '14 Mill Street, Ashby',
  jurisdiction: 'Ashby County',
  pollingHours: '7:00 AM - 8:00 PM',
  adaAccessible: 'Y',
  parkingLot: 'N',
};

test('the partner’s form becomes ours', () => {
  assert.deepEqual(readPartnerAnswer({ locations: [place] }), [
    {
      name: 'Ashby Grange Hall',
      address: '14 Mill Street, Ashby',
      county: 'ashby',
      opens: '07:00',
      closes: '20:00',
      accessible: true,
      parking: false,
    },
  ]);
});

test('noon and midnight are read as clocks show them', () => {
  const hours = (pollingHours: string) =>
    readPartnerAnswer({ locations: [{ ...place, pollingHours }] })?.map(
      ({ opens, closes }) => `${opens}-${closes}`,
    );
  assert.deepEqual(hours('12:00 PM - 11:30 PM'), ['12:00-23:30']);
  assert.deepEqual(hours('12:30 AM - 12:00 PM'), ['00:30-12:00']);
});

test('an answer of another form is none: nobody is sent to a wrong place', () => {
  const wrong = [
    null,
    'Scheduled maintenance',
    {},
    { locations: {} },
    { locations: [{ ...place, locationName: undefined }] },
    { locations: [{ ...place, pollingHours: 'all day' }] },
    { locations: [place, null] },
    { locations: Array.from({ length: 51 }, () => place) },
  ];
  for (const answer of wrong) assert.equal(readPartnerAnswer(answer), null);
});

test('every answer of the sandbox partner is understood, for every ZIP of the state', () => {
  for (let zip = 57_801; zip <= 57_848; zip++) {
    const read = readPartnerAnswer({ locations: placesOf(String(zip)) });
    assert.ok(read !== null && read.length >= 2, String(zip));
  }
  assert.deepEqual(placesOf('57849'), []);
  assert.deepEqual(placesOf('00501'), []);
});
