import { useRef, useState } from 'preact/hooks';
import type { Version } from './api.ts';
import { Dialog } from './dialog.tsx';
import { useAttempt } from './use-attempt.ts';
import { called, capitalised, failureWords } from './words.ts';

/** What is asked about before it is done. */
export type Change = 'publish' | 'unpublish' | 'rollBack' | 'remove';

interface Question {
  title: (version: string) => string;
  means: string;
  button: string;
  /** Whether a comment goes with it. */
  comment: boolean;
}

const QUESTIONS: Record<Change, Question> = {
  publish: {
    title: (version) => `Publish ${version}?`,
    means: 'Visitors will see it instead of what they see now.',
    button: 'Publish',
    comment: true,
  },
  unpublish: {
    title: (version) => `Unpublish ${version}?`,
    means: 'Visitors will see nothing until another version is published.',
    button: 'Unpublish',
    comment: true,
  },
  rollBack: {
    title: (version) => `Roll back to ${version}?`,
    means: 'This creates a new version. Visitors will not see it until you publish it.',
    button: 'Roll back',
    comment: true,
  },
  remove: {
    title: (version) => `Delete ${version}?`,
    means: 'It leaves the history and can be restored: show deleted versions to find it again.',
    button: 'Delete',
    comment: false,
  },
};

// What the API takes.
const LONGEST_COMMENT = 500;

interface ChangeDialogProps {
  change: Change;
  version: Version;
  /** Does it. `key` stands for this decision. @throws Refused when the same may succeed later */
  perform: (comment: string, key: string) => Promise<void>;
  onClosed: () => void;
}

/** Asks before something is changed, and says when it could not be: then the same decision can be sent again, and counts once. */
export function ChangeDialog({ change, version, perform, onClosed }: ChangeDialogProps) {
  const { title, means, button, comment: takesComment } = QUESTIONS[change];
  const [comment, setComment] = useState('');
  const { busy, failure, attempt } = useAttempt();
  const decision = useRef({ comment: '', key: crypto.randomUUID() as string });
  const submit = (close: () => void) => {
    const said = comment.trim();
    // Another comment is another decision: the API refuses a key that comes again with something else.
    if (said !== decision.current.comment) decision.current = { comment: said, key: crypto.randomUUID() };
    void attempt(() => perform(said, decision.current.key), close);
  };
  return (
    <Dialog title={capitalised(title(called(version)))} onClosed={onClosed}>
      {(close) => (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            submit(close);
          }}
        >
          <p>{means}</p>
          {takesComment && (
            <label class="field">
              <span>
                Comment <span class="optional">(optional)</span>
              </span>
              <textarea
                rows={3}
                maxLength={LONGEST_COMMENT}
                value={comment}
                onInput={({ currentTarget }) => setComment(currentTarget.value)}
              />
            </label>
          )}
          <div role="alert">
            {failure && <p class="problem">{failureWords(failure)} Nothing is lost: try again.</p>}
          </div>
          <div class="buttons">
            <button type="button" onClick={close}>
              Cancel
            </button>
            <button type="submit" class={change === 'remove' ? 'danger' : 'primary'} aria-disabled={busy}>
              {busy ? 'One moment …' : button}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
