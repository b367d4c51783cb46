import { Graph, layout } from '@dagrejs/dagre';
import type { DependencyGraph, GraphEdge, GraphNode } from '../../derive/catalog/catalog.ts';

/** Places in a drawing whose origin is its upper left corner, in CSS pixels. */
export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

export interface PlacedNode {
  readonly node: GraphNode;
  /** Of the upper left corner. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedEdge {
  readonly edge: GraphEdge;
  readonly points: readonly Point[];
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** As the layout knows it: `x` and `y` are its middle. */
interface Box extends Point {
  readonly width: number;
}

const nodeHeight = 38;
const margin = 8;

/**
 * Lays a graph out in layers from left to right, who needs before who is needed. The same graph
 * gives the same places.
 */
export function layoutGraph({ nodes, edges }: DependencyGraph): GraphLayout {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 72, marginx: margin, marginy: margin });
  for (const { id, label } of nodes) {
    graph.setNode(id, { width: nodeWidth(label), height: nodeHeight });
  }
  for (const { from, to } of edges) graph.setEdge(from, to, {});
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    nodes: nodes.map((node) => {
      const placed = graph.node(node.id);
      const x = placed.x - placed.width / 2;
      return {
        node,
        x,
        y: placed.y - placed.height / 2,
        width: placed.width,
        height: placed.height,
      };
    }),
    edges: edges.map((edge) => ({
      edge,
      points: route(
        graph.node(edge.from),
        graph.node(edge.to),
        graph.edge(edge.from, edge.to).points,
      ),
    })),
  };
}

/**
 * Out at the right side, in at the left; only an edge of a circle that leads back keeps the ends
 * the layout gave.
 */
function route(from: Box, to: Box, points: readonly Point[]): readonly Point[] {
  if (to.x <= from.x) return points;
  const start = { x: from.x + from.width / 2, y: from.y };
  const end = { x: to.x - to.width / 2, y: to.y };
  // Between neighbouring layers the layout has one point, halfway, which would only bend the line
  // twice.
  return points.length <= 3 ? [start, end] : [start, ...points.slice(1, -1), end];
}

/** Wide enough for the label at 13 px, whatever its letters, and for the shape before it. */
function nodeWidth(label: string): number {
  return Math.max(92, Math.ceil(label.length * 7.6) + 46);
}
