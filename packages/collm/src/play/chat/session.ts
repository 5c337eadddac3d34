/** The loop of a conversation: lines in, answers out. */
import { resolve } from 'node:path';
import type { ChatMessage } from '@collm/lm';
import { exitCodes } from '../../errors.js';
import type { Conversation } from './conversation.js';
import type { Answer, Speaker } from './speaker.js';
import type { ChatTerminal } from './terminal.js';

export interface ChatSession {
  readonly speaker: Speaker;
  readonly conversation: Conversation;
  readonly terminal: ChatTerminal;
  /** Of the first answer; each further one has the next. */
  readonly seed: number;
  /** Folder that files are saved relative to. */
  readonly cwd: string;
}

const help = `/reset          forgets what was said
/system <text>  sets the system message; without a text there is none
/save <file>    writes the conversation as JSON
/quit           ends; so does Ctrl+D
//text          sends a text that begins with a slash
Ctrl+C stops an answer.`;

/**
 * Talks until the input ends; returns the exit code. An answer that fails is an error where nobody types, and a note
 * elsewhere.
 */
export async function converse(session: ChatSession): Promise<number> {
  const { terminal, speaker } = session;
  if (terminal.interactive) terminal.note(`You talk to ${speaker.name}. /help shows what can be done.`);
  for (;;) {
    const line = await terminal.read('> ');
    if (terminal.interrupted) return exitCodes.interrupted;
    if (line === null || line.trim() === '/quit') {
      // Ctrl+D leaves the shell's prompt behind ours.
      if (line === null && terminal.interactive) terminal.note('');
      return exitCodes.ok;
    }
    if (line.trim() === '') continue;
    try {
      if (/^\/(?!\/)/.test(line)) obey(session, line.trim());
      else await exchange(session, [{ role: 'user', content: line.replace(/^\/\//, '/') }]);
    } catch (error) {
      if (!terminal.interactive) throw error;
      terminal.note(`error: ${(error as Error).message}`);
    }
    if (terminal.interrupted) return exitCodes.interrupted;
  }
}

/** Adds messages and the answer to them, which is shown as it comes. What fails leaves the conversation as it was. */
export async function exchange(session: ChatSession, messages: readonly ChatMessage[]): Promise<Answer> {
  const { terminal, speaker, conversation } = session;
  const seed = session.seed + conversation.answers;
  let shown = '';
  const onText = (piece: string) => {
    shown += piece;
    terminal.say(piece);
  };
  try {
    const answer = await terminal.answering((signal) =>
      speaker.answer([...conversation.messages, ...messages], { seed, signal, onText }),
    );
    conversation.add(...messages, answer.message);
    terminal.say('\n');
    if (answer.truncated) terminal.note('(The oldest turns did not fit and were left out.)');
    if (answer.finish === 'length') terminal.note('(Cut at the longest answer: --max-new-tokens.)');
    if (answer.finish === 'interrupted') terminal.note('(Stopped.)');
    return answer;
  } catch (error) {
    if (shown !== '') terminal.say('\n');
    throw error;
  }
}

function obey({ terminal, conversation, speaker, cwd }: ChatSession, line: string): void {
  const [, command, rest = ''] = /^(\/\S*)\s*(.*)$/.exec(line) as RegExpExecArray;
  switch (command) {
    case '/reset':
      conversation.reset();
      terminal.note('(Forgotten.)');
      break;
    case '/system':
      conversation.setSystem(rest === '' ? null : rest);
      terminal.note(rest === '' ? '(No system message.)' : '(The system message is set.)');
      break;
    case '/save':
      if (rest === '') {
        terminal.note('Give a file: /save talk.json');
        break;
      }
      conversation.save(resolve(cwd, rest), speaker.name);
      terminal.note(`(Saved as ${rest}.)`);
      break;
    case '/help':
      terminal.note(help);
      break;
    default:
      terminal.note(
        `There is no ${command}. /help shows what there is; //text sends a text that begins with a slash.`,
      );
  }
}
