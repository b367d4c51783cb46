export interface County {
  readonly slug: string;
  readonly name: string;
  /** How many of the seed's people live here, as a share of the largest. */
  readonly size: number;
}

/** The twelve counties where the campaign has an office. */
export const counties: readonly County[] = [
  { slug: 'ashby', name: 'Ashby', size: 1 },
  { slug: 'birchwood', name: 'Birchwood', size: 0.5 },
  { slug: 'calder', name: 'Calder', size: 0.9 },
  { slug: 'dunmore', name: 'Dunmore', size: 0.3 },
  { slug: 'easton', name: 'Easton', size: 0.6 },
  { slug: 'farrow', name: 'Farrow', size: 0.25 },
  { slug: 'greenlake', name: 'Greenlake', size: 0.7 },
  { slug: 'hollis', name: 'Hollis', size: 0.3 },
  { slug: 'juniper', name: 'Juniper', size: 0.4 },
  { slug: 'kestrel', name: 'Kestrel', size: 0.3 },
  { slug: 'larkspur', name: 'Larkspur', size: 0.45 },
  { slug: 'tamarack', name: 'Tamarack', size: 0.8 },
];

export function findCounty(slug: string): County | undefined {
  return counties.find((county) => county.slug === slug);
}
