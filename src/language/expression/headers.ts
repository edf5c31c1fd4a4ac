/** `header("accept")` and `response_header("content-type")`: of a protocol's message, by a name that need not be known before. */
import type { Call } from './ast.js';
import type { Checker } from './checker.js';
import { sizeConstant } from './language-function.js';
import type { Typed } from './typed.js';

const defaultMax = 128;

export function headerCall(
  checker: Checker,
  { callee, arguments: [name, max, ...more], span }: Call,
): Typed | undefined {
  const { scope, sink } = checker;
  const example = `${callee}("content-type")`;
  if (scope.message === undefined) {
    sink.add('name-unknown', `"${callee}" is not there: this hook has no headers`, span, {
      hints: ['http:server and http:client have'],
    });
    return undefined;
  }
  if (name?.kind !== 'text' || more.length > 0) {
    sink.add('function-arguments', `${callee}() takes the name of a header in quotes`, span, { hints: [example] });
    return undefined;
  }
  // The characters of a token: RFC 9110, section 5.6.2.
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(name.value)) {
    sink.add('function-arguments', `"${name.value}" is no name of a header`, name.span, { hints: [example] });
    return undefined;
  }
  const written = max && checker.kernelValue(max, callee);
  if (max !== undefined && written === undefined) return undefined;
  const limit = written === undefined ? defaultMax : sizeConstant(written, sink);
  if (limit === undefined) return undefined;
  return scope.message.text(`${callee} ${name.value.toLowerCase()}`, limit, span);
}
