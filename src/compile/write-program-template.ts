/** Run by the build: puts a module in the place of `program-template.js` that holds the templates compiled, so that a run needs not compile them. */
import { writeFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import { templateOptions, templateTexts } from './template-texts.js';

const { program, partials } = templateTexts();
const compiled = (text: string): string => `handlebars.template(${Handlebars.precompile(text, templateOptions)})`;
const module = `import Handlebars from 'handlebars/runtime.js';
import { yamlLineMark } from './line-directives.js';
const handlebars = Handlebars.create();
handlebars.registerHelper('yamlLine', yamlLineMark);
${partials.map(({ name, text }) => `handlebars.registerPartial(${JSON.stringify(name)}, ${compiled(text)});`).join('\n')}
const program = ${compiled(program)};
export const programTemplate = () => program;
`;
writeFileSync(new URL('program-template.js', import.meta.url), module);
