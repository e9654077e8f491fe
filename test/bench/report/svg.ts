import { parse, View } from 'vega';
import { type Config, compile, type TopLevelSpec } from 'vega-lite';

// White and dark grey in both themes: a page in the dark shows the chart as a light card, every colour as it was chosen.
const CONFIG: Config = {
  background: '#ffffff',
  padding: 12,
  font: 'Helvetica, Arial, sans-serif',
  axis: { labelColor: '#24292f', titleColor: '#24292f', gridColor: '#e3e6ea', labelFontSize: 12, titleFontSize: 12 },
  legend: { labelColor: '#24292f', titleColor: '#24292f', labelFontSize: 12, labelLimit: 300 },
  header: { labelColor: '#24292f', titleColor: '#24292f', labelFontSize: 13, labelFontWeight: 'bold' },
  title: { color: '#24292f', fontSize: 13 },
  view: { stroke: '#d0d7de' },
};

/** Draws a chart as SVG text: no browser, no canvas, no network, and the same text for the same figures. `title` is what a screen reader says. */
export async function drawSvg(spec: TopLevelSpec, title: string): Promise<string> {
  const view = new View(parse(compile(spec, { config: CONFIG }).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg.replace(/^<svg [^>]*>/, (tag) => `${tag}<title>${escapeXml(title)}</title>`)}\n`;
}

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
