// Checks `etlc graph` of the examples, of a workspace with hostile names and of a large pipeline: Mermaid's own parser, Graphviz and an XML parser must
// find in each text the very nodes and edges that the JSON form lists.
//
//     node check_graphs.mjs ETLC ROOT
//
// ROOT is the repository. The check proves first that it can fail.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { JSDOM } from 'jsdom';

const { window } = new JSDOM('<!DOCTYPE html><body></body>');
Object.assign(globalThis, { window, document: window.document });
for (const name of ['Element', 'HTMLElement', 'SVGElement', 'Node', 'NodeFilter', 'DocumentFragment', 'DOMParser']) globalThis[name] ??= window[name];
const mermaid = (await import('mermaid')).default;
mermaid.initialize({ startOnLoad: false, maxEdges: 1e6, maxTextSize: 1e9 });
const viz = await (await import('@viz-js/viz')).instance();

const [etlc, root] = process.argv.slice(2);
const flags = [[], ['--why'], ['--datasets', '--why'], ['--cells'], ['--cells', '--datasets']];

/** What people read of HTML that stands in a label. */
function read(html) {
  const element = window.document.createElement('div');
  element.innerHTML = html.replace(/<br\s*\/?>/g, '\n');
  return element.textContent.replace(/[^\S\n]+/g, ' ');
}
const words = (text) => text.replace(/\s/g, ' ').replace(/ +/g, ' ');

async function readMermaid(text) {
  const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
  // Mermaid keeps a number of a character, `#35;`, between marks of its own until it draws.
  const plain = (label) => read((label ?? '').replace(/ﬂ°°(\d+)¶ß/g, (_, code) => `&#${code};`).replace(/ﬂ°(\w+)¶ß/g, '&$1;'));
  const lines = { normal: 'solid', thick: 'thick', dotted: 'dotted' };
  return {
    nodes: [...db.getVertices()].map(([id, node]) => [id, plain(node.text).split('\n')[0]]),
    edges: db.getEdges().map((edge) => [edge.start, edge.end, lines[edge.stroke]]),
  };
}

function readDot(text) {
  const result = viz.render(text, { format: 'json' });
  const faults = result.errors.filter((error) => !/no hard-coded metrics|no value for width/.test(error.message));
  if (result.status !== 'success' || faults.length) throw new Error(JSON.stringify(result.errors));
  const { objects = [], edges = [] } = JSON.parse(result.output);
  const lines = { solid: 'solid', bold: 'thick', dashed: 'dotted' };
  const label = (object) => read(object.label.replace(/</g, '&lt;')).replace(/\\(.)/g, (_, c) => (c === 'n' ? '\n' : c)).split('\n')[0];
  return {
    nodes: objects.map((object) => [object.name, label(object)]),
    edges: edges.map((edge) => [objects[edge.tail].name, objects[edge.head].name, lines[edge.style]]),
  };
}

function readSvg(text) {
  const parsed = new window.DOMParser().parseFromString(text, 'image/svg+xml');
  const fault = parsed.querySelector('parsererror');
  if (fault) throw new Error(fault.textContent);
  const svg = parsed.documentElement;
  for (const id of svg.getAttribute('aria-labelledby').split(' ')) if (!parsed.getElementById(id)?.textContent) throw new Error(`no text for ${id}`);
  const picture = [...svg.children].find((child) => child.tagName === 'g');
  const [, , width, height] = svg.getAttribute('viewBox').split(' ').map(Number);
  const groups = [...picture.children].filter((child) => child.tagName === 'g');
  for (const box of picture.querySelectorAll('rect')) {
    const at = (name) => Number(box.getAttribute(name));
    if (!(at('x') >= 0 && at('y') >= 0 && at('x') + at('width') <= width && at('y') + at('height') <= height)) throw new Error('a box outside of the picture');
  }
  return {
    nodes: groups.filter((group) => group.querySelector('rect')).map((group, index) => [`n${index}`, group.querySelector('title').textContent]),
    n_edges: groups.filter((group) => !group.querySelector('rect')).length,
  };
}

/** Compares what a text says with the JSON form; gives the first difference. */
function compare(graph, found, form) {
  const place = new Map(graph.nodes.map((node, index) => [node.id, `n${index}`]));
  const fits = (name, label) => (form === 'svg' ? (label + ';').startsWith(`${name};`) : label === name);
  const shown = (node) => words((form === 'svg' ? `${node.type} ` : '') + node.name).replace(/[\x00-\x1f\u202e]/g, '�');
  if (found.nodes.length !== graph.nodes.length) return `${found.nodes.length} nodes in place of ${graph.nodes.length}`;
  for (const [index, node] of graph.nodes.entries()) {
    const [id, label] = found.nodes[index];
    if (id !== `n${index}` || !fits(shown(node), words(label))) return `node ${id} is ${JSON.stringify(label)} in place of ${JSON.stringify(shown(node))}`;
  }
  if (form === 'svg') return found.n_edges === graph.edges.length ? null : `${found.n_edges} edges in place of ${graph.edges.length}`;
  const sorted = (edges) => JSON.stringify(edges.map((edge) => edge.join(' ')).sort());
  const wanted = graph.edges.map((edge) => [place.get(edge.from), place.get(edge.to), edge.line]);
  return sorted(found.edges) === sorted(wanted) ? null : `edges ${sorted(found.edges)} in place of ${sorted(wanted)}`;
}

const readers = { mermaid: readMermaid, dot: readDot, svg: readSvg };

async function check(text, graph, form) {
  try {
    return compare(graph, await readers[form](text), form);
  } catch (error) {
    return `cannot be read: ${error.message ?? error}`;
  }
}

/** What `etlc lineage` says, as `etlc graph` would: edges by their ends, with the line of the surest. */
function lineageAsGraph({ nodes, edges }) {
  const lines = ['dotted', 'thick', 'solid'];
  const found = new Map();
  for (const { from, to, possibly, how } of edges.filter((edge) => edge.from !== edge.to)) {
    const line = possibly ? 0 : how === 'condition' ? 1 : 2;
    const key = JSON.stringify([from, to]);
    found.set(key, Math.max(line, found.get(key) ?? 0));
  }
  return { nodes, edges: [...found].map(([key, line]) => ({ from: JSON.parse(key)[0], to: JSON.parse(key)[1], line: lines[line] })) };
}

function graphOf(folder, args, verb = 'graph') {
  // Exit code 1 is for pipelines with errors, which are drawn as far as they are known.
  const run = (form) => {
    try {
      return execFileSync(etlc, [verb, ...args, '--as', form, '--format', 'text'], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 });
    } catch (error) {
      if (error.status === 1 && error.stdout) return error.stdout;
      throw error;
    }
  };
  const graph = JSON.parse(run('json'));
  return { graph: verb === 'lineage' ? lineageAsGraph(graph) : graph, texts: Object.fromEntries(Object.keys(readers).map((form) => [form, run(form)])) };
}

function lay(folder, files) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const container = 'kind: container, image: "registry.acme.dev/x:1", command: [x]';
const header = (name) => `version: 1\npipeline: ${name}\nowner: data\n`;
// Words of Mermaid and of DOT, alone and at the start of a name; and cells, whose ids hold brackets.
const reserved = ['end', 'graph', 'subgraph', 'click', 'style', 'linkstyle', 'classdef', 'class', 'direction', 'default', 'node', 'edge', 'digraph', 'strict', 'o', 'x', 'end_', 'call', 'href'];
const work = mkdtempSync(join(tmpdir(), 'etlc-graph-'));
let failed = 0, passed = 0;
try {
  const hostile = lay(join(work, 'hostile'), {
    'etlc.yaml': 'version: 1\nworkspace: hostile\npipelines: ["**/*.yaml"]\n',
    'end/p.yaml': `${header('end')}steps:\n${reserved.map((name, index) => `  ${name}: {${container}, matrix: {a: ["1.0", "-x_-"]}, outputs: {${name}_o: {format: csv}}, description: "\\"]; <b>#quot;\\\\N &lt; %% \`"${index ? `, after: [${reserved[index - 1]}]` : ''}}\n`).join('')}`,
    'subgraph/p.yaml': `${header('subgraph')}steps:\n  a: {kind: sql, sql: "select 1 as id", output: a}\n`,
    'style/p.yaml': `${header('style')}trigger: {datasets: [subgraph.a]}\nsteps:\n  a: {kind: sql, sql: "select * from {{ ref('subgraph.a') }}", output: b}\n`,
    'a"];-->c#lt;<i>`|{{x}}$%% __b__ *c* 1. &amp; \\N\u202e語/p.yaml': 'owner: data\n',
  });
  const steps = Array.from({ length: 50 }, (_, i) => `  s${i}: {${container}${i ? `, after: [${[...new Set([Math.floor(i / 2), Math.floor(i / 3), Math.max(0, i - 7)])].filter((j) => j < i).map((j) => `s${j}`).join(', ')}]` : ''}}\n`);
  const large = lay(join(work, 'large'), { 'p.yaml': `${header('large')}steps:\n${steps.join('')}` });

  // Proof that a fault is found.
  const good = graphOf(hostile, ['end']);
  const faults = {
    mermaid: [['n0["', 'end["'], ['"end<br/>', '"ends<br/>'], ['n0 -.-> n1', 'n0 --> n1'], ['n0 -.-> n1', 'n1 -.-> n0'], ['flowchart', 'flowchrt'], ['"]\n', ']\n']],
    dot: [['label="end\\n', 'label="ends\\n'], ['n0 -> n1 [style=dashed', 'n0 -> n1 [style=bold'], ['n0 -> n1', 'n1 -> n0'], ['"];', '];']],
    svg: [['<title>step end', '<title>step ends'], ['</g>', ''], ['<path class="line', '<path class=line'], ['viewBox="0 0 ', 'viewBox="0 0 1'.slice(0, -1) + '1 1 '], ['id="etlc-desc"', 'id="etlc-des"']],
  };
  for (const [form, changes] of Object.entries(faults)) {
    const fault = await check(good.texts[form], good.graph, form);
    if (fault) throw new Error(`self-test: a good ${form} is refused: ${fault}`);
    for (const [from, to] of changes) {
      const changed = good.texts[form].replace(from, () => to);
      if (changed === good.texts[form]) throw new Error(`self-test: ${form} does not hold ${from}`);
      if (!(await check(changed, good.graph, form))) throw new Error(`self-test: ${form} with ${to} in place of ${from} is not refused`);
    }
  }

  const jobs = [[hostile, []], [hostile, ['end']], [hostile, ['style', '--pipelines']], [large, ['p.yaml']]];
  for (const example of readdirSync(join(root, 'examples'))) {
    const folder = join(root, 'examples', example);
    jobs.push([folder, []], [folder, ['--pipelines']]);
  }
  // The same writers draw lineages.
  const lineages = [hostile, ...readdirSync(join(root, 'examples')).map((example) => join(root, 'examples', example))];
  for (const folder of lineages) {
    for (const args of [[], ['--why'], ['--columns'], ['--columns', '--why']]) {
      const { graph, texts } = graphOf(folder, args, 'lineage');
      for (const [form, text] of Object.entries(texts)) {
        const fault = await check(text, graph, form);
        if (fault) console.log(`lineage of ${folder} ${args.join(' ')} as ${form}: ${fault}`);
        fault ? failed++ : passed++;
      }
    }
  }
  for (const [folder, args] of jobs) {
    for (const more of flags.filter((more) => !(args.includes('--pipelines') && more.includes('--cells')))) {
      const { graph, texts } = graphOf(folder, [...args, ...more]);
      for (const [form, text] of Object.entries(texts)) {
        const fault = await check(text, graph, form);
        if (fault) console.log(`${folder} ${[...args, ...more].join(' ')} as ${form}: ${fault}`);
        fault ? failed++ : passed++;
      }
    }
  }
} finally {
  rmSync(work, { recursive: true });
}
console.log(`${passed} graphs were read back, ${failed} were not`);
process.exitCode = failed ? 1 : 0;
