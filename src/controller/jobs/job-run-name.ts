/** An instance's name has at most 100 characters, and names of services and jobs up to 63 each. */
const longestService = 40;
const longestJob = 30;

/** `donations-job-receipts-m3k9x0ab-x7k2pq`: when it was started, and something random. */
export function jobRunName(service: string, job: string, nowMs: number, random: string): string {
  const parts = [job.slice(0, longestJob), nowMs.toString(36), random];
  return prefix(service) + parts.join('-');
}

/** Whether an instance of a service is the run of one of its jobs. */
export function isJobRun(service: string, id: string): boolean {
  return id.startsWith(prefix(service));
}

function prefix(service: string): string {
  return `${service.slice(0, longestService)}-job-`;
}
