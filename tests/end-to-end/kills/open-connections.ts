import { execFileSync } from 'node:child_process';

/** How many established connections to the port the process holds on its side. */
export function openConnections(pid: number, port: number): number {
  const output = execFileSync('ss', ['-Htnp', 'state', 'established', `sport = :${port}`], {
    encoding: 'utf8',
  });
  return output.split('\n').filter((line) => line.includes(`pid=${pid},`)).length;
}
