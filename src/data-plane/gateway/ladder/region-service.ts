/** The site in another region, among services: no service has a name with a space. */
export function regionService(region: string): string {
  return `region ${region}`;
}
