/** How exported files name the model that an agent started from. */
import { parseHubId } from '@collm/lm';

export interface BaseName {
  /** A name on the hub, or a folder. */
  readonly name: string;
  /** Commit, branch or tag; null where none was named. */
  readonly revision: string | null;
  /** True where anybody can fetch it by that name. */
  readonly onHub: boolean;
}

/** @param text a folder, `org/name` or `org/name@revision` */
export function baseName(text: string): BaseName {
  const id = parseHubId(text);
  if (id === undefined) return { name: text, revision: null, onHub: false };
  return { name: id.repo, revision: text.includes('@') ? id.revision : null, onHub: true };
}
