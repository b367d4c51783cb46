// Plain JavaScript that runs on any Node.js, so that an old one gets a remedy and not a syntax
// error. npm puts the pinned Node.js first on the PATH of its scripts; a shell outside npm does
// not.
const needed = 26;
const found = Number(process.versions.node.split('.')[0]);

if (found < needed) {
  process.stderr.write(
    `turnout needs Node.js ${needed} and this is ${process.version} (${process.execPath}).\n` +
      '  remedy: run it through npm, which brings the pinned Node.js along: `npm start` or `npx turnout …`.\n' +
      '  If npm just ran it, the pinned Node.js was not installed: `npm ci` without --ignore-scripts mends that.\n',
  );
  process.exit(78);
}
