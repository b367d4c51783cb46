/**
 * Ends a command that only prints when nobody reads any more (`turnout logs | head`). Not for a
 * command that keeps something up: that must outlive its reader.
 */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}
