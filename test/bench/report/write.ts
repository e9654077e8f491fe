import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Figures } from '../benches.ts';
import { chartsOf } from './charts.ts';
import { machine } from './machine.ts';
import { markdownOf } from './markdown.ts';
import { drawSvg } from './svg.ts';

/** Writes `report.md` and `charts/` into a folder, text and charts of the same figures. @returns the files */
export async function writeReport(folder: string, figures: Figures): Promise<string[]> {
  const charts = chartsOf(figures);
  await mkdir(join(folder, 'charts'), { recursive: true });
  const files: string[] = [];
  const write = async (file: string, text: string): Promise<void> => {
    await writeFile(join(folder, file), text);
    files.push(join(folder, file));
  };
  for (const { file, alt, spec } of Object.values(charts)) await write(join('charts', file), await drawSvg(spec, alt));
  await write('report.md', markdownOf(figures, charts, machine(), new Date().toISOString().slice(0, 10)));
  return files;
}
