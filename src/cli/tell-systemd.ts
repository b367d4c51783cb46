import { spawn } from 'node:child_process';

/** Says to whoever supervises this process that what it was to start stands. Never fails. */
export type TellSystemd = (status: string) => void;

/**
 * Takes over the right to speak to systemd (sd_notify(3)), which is then in no child's environment.
 * Without a supervisor that listens, what is told goes nowhere. Node.js has no datagram sockets of
 * Unix, so systemd's own program speaks.
 */
export function takeSystemdSocket(): TellSystemd {
  const socket = process.env['NOTIFY_SOCKET'];
  delete process.env['NOTIFY_SOCKET'];
  if (socket === undefined || socket === '') return () => undefined;
  return (status) => {
    const child = spawn('systemd-notify', ['--ready', `--status=${status}`], {
      env: { ...process.env, NOTIFY_SOCKET: socket },
      stdio: 'ignore',
    });
    // Whoever waits for the message sees for itself that none comes.
    child.on('error', () => undefined);
    child.unref();
  };
}
