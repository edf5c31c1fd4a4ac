/** `signature: "(size: size_t) -> void *"`: the arguments and return value of a user-space function, as the user declares them. */
import { DiagnosticSink } from '../diagnostics/diagnostic.js';
import { type Span, spanText } from '../diagnostics/source.js';
import { describeType } from '../language/expression/describe.js';
import { type Token, tokenize } from '../language/expression/lexer.js';
import { typeFromName } from '../language/expression/type-from-name.js';
import { parseTypeTokens } from '../language/expression/type-name.js';
import type { LocatedText } from '../language/spec.js';
import type { TypeSource } from '../language/type-source.js';
import type { FunctionType, Parameter, Type } from '../language/types.js';
import { voidType } from '../language/types.js';
import { inRegister } from './arguments.js';

/** Of expressions' mistakes these are none here. */
const signatureOperators = new Set([':', '->']);

export function parseSignature(text: LocatedText, kernel: TypeSource, sink: DiagnosticSink): FunctionType | undefined {
  const told = new DiagnosticSink();
  const tokens = tokenize(text, told);
  const wrong = told.diagnostics.find(({ span }) => span === undefined || !signatureOperators.has(spanText(span)));
  if (wrong?.span !== undefined) {
    const message = wrong.message.replace('in an expression', 'in a signature');
    sink.add('signature', message, wrong.span, { hints: [form] });
    return undefined;
  }
  return new SignatureReader(tokens, text, kernel, sink).read();
}

const form = 'a signature reads (name: type, …) -> type, as in (size: size_t) -> void *';

class SignatureReader {
  private at = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly text: LocatedText,
    private readonly kernel: TypeSource,
    private readonly sink: DiagnosticSink,
  ) {}

  read(): FunctionType | undefined {
    if (!this.take('(')) return this.refuse('a signature begins with "("');
    const parameters: Parameter[] = [];
    while (!this.take(')')) {
      if (parameters.length > 0 && !this.take(',')) return this.refuse('"," or ")" should stand here');
      const name = this.tokens[this.at];
      if (name?.kind !== 'word') return this.refuse('the name of an argument should stand here');
      this.at++;
      if (!this.take(':')) return this.refuse(`":" and a type should follow "${name.text}"`);
      if (parameters.some((each) => each.name === name.text))
        return this.refuse(`the argument "${name.text}" stands twice`, name.span);
      const type = this.type('is not called with');
      if (type === undefined) return undefined;
      parameters.push({ name: name.text, type });
    }
    const returns = this.takeArrow() ? this.type('does not return') : voidType;
    if (returns === undefined) return undefined;
    if (this.tokens[this.at]?.kind !== 'end') return this.refuse('nothing should follow the signature');
    return { kind: 'function', parameters, returns };
  }

  private take(text: string): boolean {
    const token = this.tokens[this.at];
    if (token?.kind !== 'operator' || token.text !== text) return false;
    this.at++;
    return true;
  }

  /** The lexer gives `->` as the `.` that it means in expressions. */
  private takeArrow(): boolean {
    const token = this.tokens[this.at];
    return token !== undefined && spanText(token.span) === '->' && this.take('.');
  }

  /** A type that fits a register, as all that is passed and returned here must. */
  private type(verb: string): Type | undefined {
    const parsed = parseTypeTokens(this.tokens, this.at);
    if ('expected' in parsed) return this.refuse(parsed.expected);
    this.at = parsed.at;
    const type = typeFromName(parsed.type, this.kernel, this.sink, 'user');
    if (type === undefined || inRegister(type) || (type.kind === 'void' && verb === 'does not return')) return type;
    const described = describeType(type);
    this.sink.add('signature', `a function ${verb} ${described} in a register`, parsed.type.span, {
      hints:
        type.kind === 'struct'
          ? [`a number or a pointer fits a register: write ${described} *`]
          : type.kind === 'string' || type.kind === 'comm'
            ? ['a text is passed by its address: write char *']
            : [],
    });
    return undefined;
  }

  private refuse(message: string, place?: Span): undefined {
    const span = place ?? this.tokens[this.at]?.span ?? this.text.span;
    this.sink.add('signature', message, span, { hints: [form] });
  }
}
