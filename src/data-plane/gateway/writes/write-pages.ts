/** Pages for browsers without a script of ours. They hold nothing that anybody has sent. */

const keptText =
  'What you sent is kept safe and will be carried out as soon as possible. ' +
  'There is no need to send it again.';

export function keptPage(statusUrl: string): Uint8Array {
  return page('Kept for later', keptText, `<p><a href="${statusUrl}">See how it stands</a></p>`);
}

/** It asks again by itself. */
export function waitingPage(retrySeconds: string): Uint8Array {
  return page(
    'Kept, and not carried out yet',
    keptText,
    '',
    `<meta http-equiv="refresh" content="${retrySeconds}">`,
  );
}

export function donePage(): Uint8Array {
  return page('Done', 'What you sent has been carried out.', '');
}

export function setAsidePage(isRefused: boolean): Uint8Array {
  return isRefused
    ? page('Not taken', 'What you sent was kept, and was refused when it was carried out.', '')
    : page(
        'Set aside',
        'What you sent was kept and could not be carried out in time. ' +
          'The people who run this site have it.',
        '',
      );
}

function page(title: string, text: string, more: string, head = ''): Uint8Array {
  return Buffer.from(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>` +
      `<meta name="viewport" content="width=device-width, initial-scale=1">${head}` +
      `<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}</style>` +
      `<h1>${title}</h1><p>${text}</p>${more}</html>\n`,
  );
}
