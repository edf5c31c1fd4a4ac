/** The template of a program, ready to render. Here it is compiled when it is first asked for, as under test; the build puts a module in this one's place that holds it compiled (`write-program-template.ts`). */
import Handlebars from 'handlebars';
import { yamlLineMark } from './line-directives.js';
import { templateOptions, templateTexts } from './template-texts.js';

let compiled: ((file: object) => string) | undefined;

export function programTemplate(): (file: object) => string {
  if (compiled !== undefined) return compiled;
  const handlebars = Handlebars.create();
  handlebars.registerHelper('yamlLine', yamlLineMark);
  const { program, partials } = templateTexts();
  for (const { name, text } of partials) handlebars.registerPartial(name, handlebars.compile(text, templateOptions));
  compiled = handlebars.compile(program, templateOptions);
  return compiled;
}
