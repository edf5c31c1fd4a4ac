/** The Handlebars templates of `templates/bpf/`. They are part of the package, so they are read from beside it, not through the host. */
import { readdirSync, readFileSync } from 'node:fs';
import type {} from 'handlebars';
import { packageFile } from '../package-files.js';
import { markTemplate } from './line-directives.js';

export interface TemplateTexts {
  readonly program: string;
  readonly partials: readonly { readonly name: string; readonly text: string }[];
}

export const templateOptions: CompileOptions = {
  strict: true,
  noEscape: true,
  knownHelpersOnly: true,
  knownHelpers: { yamlLine: true, each: true, if: true, unless: true, lookup: true },
};

const ending = '.hbs';
const program = `program.bpf.c${ending}`;

export function templateTexts(): TemplateTexts {
  const folder = packageFile('templates/bpf/');
  const read = (path: string): string => readFileSync(folder + path, 'utf8');
  const files = readdirSync(folder).filter((file) => file.endsWith(ending) && file !== program);
  const statements = readdirSync(`${folder}statements`);
  return {
    program: read(program),
    partials: [
      ...files.map((file) => ({ name: nameOf(file), text: read(file) })),
      ...statements.map((file) => ({ name: nameOf(file), text: markTemplate(read(`statements/${file}`)) })),
    ],
  };
}

function nameOf(file: string): string {
  return file.slice(0, -ending.length);
}
