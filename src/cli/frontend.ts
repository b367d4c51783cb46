import type { Command } from 'commander';
import type { StateFolder } from '../contract/state-folder.ts';
import type { JsonValue } from '../lib/json.ts';
import { openSiteFrontends, type SiteFrontends } from '../profiles/site-frontends.ts';
import { revokePreviews } from '../release/frontends/preview-frontend.ts';
import {
  rollBackFrontend,
  unpinFrontend,
  type FrontendChange,
} from '../release/frontends/roll-back-frontend.ts';
import { addExamples } from './add-examples.ts';
import { endWithReader } from './end-with-reader.ts';
import { person, reasonOf } from './person.ts';
import { describePublished, publishByHand, regionsBehind } from './frontend/publish-by-hand.ts';
import { describePreview, previewByHand } from './frontend/preview-by-hand.ts';
import { renderFrontends, renderReleases } from './frontend/render-releases.ts';
import { addSiteOption, addStateOption, existingStateFolder } from './site-options.ts';
import type { StateOptions } from './site-options.ts';

interface FrontendOptions extends StateOptions {
  readonly why?: string;
  readonly json?: boolean;
}

interface PublishOptions extends FrontendOptions {
  readonly preview?: boolean;
  readonly expires?: string;
}

/** `turnout frontend`: releases of static sites, put live and taken back by hand. */
export function registerFrontend(program: Command): void {
  const group = program
    .command('frontend')
    .summary('static sites: publish a folder, list releases, roll back')
    .description(
      'A frontend is served from an immutable release, which one pointer names; moving it is in ' +
        'force within a tenth of a second. A release put live by hand is pinned: the folder that ' +
        'site.yaml names does not replace it until it is unpinned. Needs no controller.',
    );
  registerPublish(group);
  registerList(group);
  registerRollback(group);
  registerUnpin(group);
  registerRevoke(group);
  addExamples(
    group,
    'turnout frontend publish home ./dist --why "the new donate page"',
    'turnout frontend list home',
    'turnout frontend rollback home',
  );
}

function registerPublish(group: Command): void {
  const command = withOptions(group.command('publish'), true)
    .argument('<name>', 'the name of a frontend of site.yaml')
    .argument('[dir]', 'the folder to publish (default: the one in site.yaml)')
    .summary('put a folder live as a release, and pin it')
    .option('--preview', 'show it to whoever has a signed link; what is live stays')
    .option('--expires <duration>', 'how long the link is good for (default: 24h)')
    .action(async (name: string, dir: string | undefined, options: PublishOptions) => {
      await withFrontends(options, async (frontends, folder) => {
        const frontend = frontends.named(name);
        const say = (text: string): void => void process.stderr.write(`${text}\n`);
        if (options.preview) {
          const made = await previewByHand(frontends, folder, frontend, dir, options, say);
          print(options, made as unknown as JsonValue, describePreview(made));
          return;
        }
        const published = await publishByHand(frontends, frontend, dir, options, say);
        const behind = regionsBehind(frontends);
        const value = { ...published, behind } as unknown as JsonValue;
        print(options, value, describePublished(name, published, behind));
      });
    });
  addExamples(
    command,
    'turnout frontend publish home',
    'turnout frontend publish home ./dist --why "results are in"',
    'turnout frontend publish home ./dist --preview --expires 2h',
    'turnout frontend publish home ./dist --json | jq -r .release',
  );
}

function registerList(group: Command): void {
  const command = withOptions(group.command('list'), false)
    .argument('[name]', 'one frontend with all that is kept of it; without it, all')
    .summary('which releases are kept, which one is live, and who put it there')
    .action(async (name: string | undefined, options: FrontendOptions) => {
      endWithReader();
      await withFrontends(options, async (frontends) => {
        const shown = await frontends.list(name ?? null);
        const lines = name === undefined ? renderFrontends(shown) : shown.flatMap(renderReleases);
        print(options, shown, lines.join('\n'));
      });
    });
  addExamples(command, 'turnout frontend list', 'turnout frontend list home --json');
}

function registerRollback(group: Command): void {
  const command = withOptions(group.command('rollback'), true)
    .argument('<name>', 'the name of a frontend')
    .argument('[release]', 'the beginning of its digest (default: the one published before)')
    .summary('put an earlier release live again, and pin it')
    .action(async (name: string, release: string | undefined, options: FrontendOptions) => {
      await withFrontends(options, async (frontends) => {
        const change = await changeOf(frontends, name, options);
        const live = await rollBackFrontend(change, release ?? null);
        print(
          options,
          { frontend: name, release: live.release },
          `${name}: release ${live.release.slice(7, 19)} is live again, and pinned; ` +
            `\`turnout frontend unpin ${name}\` lets its folder be published again.`,
        );
      });
    });
  addExamples(
    command,
    'turnout frontend rollback home --why "the form is broken"',
    'turnout frontend rollback home 3fa91c04',
  );
}

function registerUnpin(group: Command): void {
  const command = withOptions(group.command('unpin'), true)
    .argument('<name>', 'the name of a frontend')
    .summary('let the folder in site.yaml be published again')
    .action(async (name: string, options: FrontendOptions) => {
      await withFrontends(options, async (frontends) => {
        const unpinned = await unpinFrontend(await changeOf(frontends, name, options));
        print(
          options,
          { frontend: name, unpinned },
          unpinned
            ? `${name}: unpinned; its folder goes live with the next \`turnout reload\` or \`turnout up\`.`
            : `${name}: it was not pinned; nothing is changed.`,
        );
      });
    });
  addExamples(command, 'turnout frontend unpin home && turnout reload');
}

function registerRevoke(group: Command): void {
  const command = withOptions(group.command('revoke'), true)
    .argument('<name>', 'the name of a frontend')
    .argument('[preview]', 'one preview; without it, all of the frontend')
    .summary('end previews: their links and cookies show nothing any more')
    .action(async (name: string, preview: string | undefined, options: FrontendOptions) => {
      await withFrontends(options, async (frontends) => {
        const change = await changeOf(frontends, name, options);
        const revoked = await revokePreviews(change, preview ?? null);
        print(
          options,
          { frontend: name, revoked },
          `${name}: ${revoked} ${revoked === 1 ? 'preview is' : 'previews are'} revoked.`,
        );
      });
    });
  addExamples(command, 'turnout frontend revoke home', 'turnout frontend revoke home --json');
}

function withOptions(command: Command, changes: boolean): Command {
  const common = addStateOption(addSiteOption(command)).option('--json', 'as JSON');
  return changes ? common.option('--why <text>', 'why, for the journal') : common;
}

async function withFrontends(
  options: StateOptions,
  work: (frontends: SiteFrontends, folder: StateFolder) => Promise<void>,
): Promise<void> {
  const folder = existingStateFolder(options);
  const frontends = await openSiteFrontends(folder);
  try {
    await work(frontends, folder);
  } finally {
    await frontends.close();
  }
}

/** Also of a frontend that is in no manifest any more. */
async function changeOf(
  frontends: SiteFrontends,
  name: string,
  options: FrontendOptions,
): Promise<FrontendChange> {
  await frontends.list(name);
  return { ...frontends.ports, name, who: person(), why: reasonOf(options) };
}

function print({ json }: FrontendOptions, value: JsonValue, text: string): void {
  process.stdout.write(`${json ? JSON.stringify(value, null, 2) : text}\n`);
}
