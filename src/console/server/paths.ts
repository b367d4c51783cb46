/** The address of a service's page in the catalog. */
export function servicePath(service: string): string {
  return `/catalog/${encodeURIComponent(service)}`;
}

/** The address of a feature on its service's page; `donations.donate`. */
export function featurePath(feature: string): string {
  const dot = feature.indexOf('.');
  return `${servicePath(feature.slice(0, dot))}#${encodeURIComponent(feature.slice(dot + 1))}`;
}

/** The address of a runbook, given by its file below the service's folder of runbooks. */
export function runbookPath(service: string, file: string): string {
  return `${servicePath(service)}/runbooks/${file.split('/').map(encodeURIComponent).join('/')}`;
}
