import { h, type JSX } from 'preact';
import type { DependencyGraph, GraphNode } from '../../derive/catalog/catalog.ts';
import { layoutGraph, type PlacedEdge, type PlacedNode } from './graph-layout.ts';
import { servicePath } from './paths.ts';

/** A drawing of more than this shows nothing, and takes the controller too long to lay out. */
const mostNodes = 120;
const mostEdges = 300;

/**
 * Who needs whom, drawn; `highlight` is the node a page is about. What stands beside it says the
 * same in words.
 */
export function dependencyGraph(
  graph: DependencyGraph,
  label: string,
  highlight?: string,
): JSX.Element {
  if (graph.nodes.length > mostNodes || graph.edges.length > mostEdges) {
    const much = `${graph.nodes.length} things and ${graph.edges.length} needs between them`;
    return h('p', { class: 'quiet' }, `${much} are too many for one drawing.`);
  }
  const { width, height, nodes, edges } = layoutGraph(graph);
  return h(
    'figure',
    { class: 'graph' },
    h(
      'div',
      { class: 'scroll', role: 'group', 'aria-label': label, tabIndex: 0 },
      h(
        'svg',
        { viewBox: `0 0 ${width} ${height}`, width, height },
        h('defs', null, arrow('arrow', 'tip'), arrow('arrow-core', 'tip core')),
        edges.map(drawEdge),
        nodes.map((placed) => drawNode(placed, highlight)),
      ),
    ),
    legend(graph),
  );
}

/** The part of a graph that touches one node: what it needs, and what needs it. */
export function neighbourhood(graph: DependencyGraph, id: string): DependencyGraph {
  const edges = graph.edges.filter((edge) => edge.from === id || edge.to === id);
  const near = new Set([id, ...edges.flatMap((edge) => [edge.from, edge.to])]);
  return { nodes: graph.nodes.filter((node) => near.has(node.id)), edges };
}

function arrow(id: string, style: string): JSX.Element {
  return h(
    'marker',
    {
      id,
      viewBox: '0 0 8 8',
      refX: 7,
      refY: 4,
      markerWidth: 8,
      markerHeight: 8,
      markerUnits: 'userSpaceOnUse',
      orient: 'auto',
    },
    h('path', { d: 'M0 0 8 4 0 8z', class: style }),
  );
}

function drawEdge({ edge, points }: PlacedEdge): JSX.Element {
  const end = edge.core ? 'arrow-core' : 'arrow';
  return h('path', {
    class: edge.core ? 'edge core' : 'edge',
    d: curve(points),
    'marker-end': `url(#${end})`,
  });
}

/** A line that is level at every point it passes. */
function curve([first, ...rest]: PlacedEdge['points']): string {
  if (first === undefined) return '';
  let path = `M${at(first)}`;
  let from = first;
  for (const to of rest) {
    const x = (from.x + to.x) / 2;
    path += ` C${at({ x, y: from.y })} ${at({ x, y: to.y })} ${at(to)}`;
    from = to;
  }
  return path;
}

function at({ x, y }: { readonly x: number; readonly y: number }): string {
  return `${round(x)} ${round(y)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function drawNode(placed: PlacedNode, highlight: string | undefined): JSX.Element {
  const { node, width, height } = placed;
  const here = node.id === highlight ? ' here' : '';
  const body = h(
    'g',
    {
      class: `node ${node.kind} ${node.tier ?? ''}${here}`,
      transform: `translate(${round(placed.x)} ${round(placed.y)})`,
    },
    h('rect', { width, height, rx: node.kind === 'service' ? 9 : height / 2 }),
    symbol(node, height),
    h('text', { x: 32, y: height / 2 + 4.5 }, node.label),
  );
  return node.kind === 'service'
    ? h('a', { href: servicePath(node.label), 'aria-label': `Service ${node.label}` }, body)
    : body;
}

/** A square for a service, a drum for a database, a globe for what stands outside. */
function symbol(node: GraphNode, height: number): JSX.Element {
  const transform = `translate(13 ${height / 2 - 6})`;
  switch (node.kind) {
    case 'service':
      return h('rect', {
        class: 'symbol solid',
        transform,
        x: 0.5,
        y: 0.5,
        width: 11,
        height: 11,
        rx: 3,
      });
    case 'postgres':
      return h('path', {
        class: 'symbol',
        transform,
        d: 'M1 2.5a5 2 0 0 0 10 0a5 2 0 0 0-10 0v7a5 2 0 0 0 10 0v-7',
      });
    case 'http':
      return h('path', {
        class: 'symbol',
        transform,
        d: 'M1 6a5 5 0 0 0 10 0a5 5 0 0 0-10 0h10M6 1c-3 3-3 7 0 10c3-3 3-7 0-10',
      });
  }
}

function legend(graph: DependencyGraph): JSX.Element {
  const kinds = new Set(graph.nodes.map((node) => node.kind));
  const words = [
    'An arrow points at what is needed',
    graph.edges.some((edge) => edge.core) ? 'a strong one carries a core feature' : null,
    kinds.has('postgres') ? 'a drum is a database' : null,
    kinds.has('http') ? 'a globe stands outside this site' : null,
  ];
  return h('figcaption', null, `${words.filter((word) => word !== null).join('; ')}.`);
}
