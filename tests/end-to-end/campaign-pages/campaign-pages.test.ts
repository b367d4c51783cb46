import { after, before } from 'node:test';
import { describeEvents } from './events.ts';
import { describeEveryPage } from './every-page.ts';
import { describeGiving } from './giving.ts';
import { openStage, type Stage } from './stage.ts';
import { describeVolunteering } from './volunteering.ts';
import { describeVoting } from './voting.ts';

/** One site and one browser for all pages: a start costs more than any of them. */
let opened: Stage | undefined;

before(async () => {
  opened = await openStage();
});

after(async () => {
  await opened?.close();
});

function stage(): Stage {
  if (opened === undefined) throw new Error('The site did not come up.');
  return opened;
}

describeEveryPage(stage);
describeGiving(stage);
describeEvents(stage);
describeVoting(stage);
describeVolunteering(stage);
