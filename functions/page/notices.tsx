import { useCallback, useState } from 'preact/hooks';
import { CrossButton } from './cross-button.tsx';

/** Something to tell the user. `wrong` stands out and is read out at once. */
export interface Notice {
  text: string;
  tone: 'done' | 'wrong';
  /** What to do next. */
  action?: { label: string; run: () => void };
}

/** The notice that is shown, and how to tell another. */
export function useNotice(): [Notice | null, (notice: Notice | null) => void] {
  const [notice, setNotice] = useState<Notice | null>(null);
  return [notice, useCallback((next) => setNotice(next), [])];
}

/** Both regions are always there: what is put into one later is read out, one that comes with its text is not everywhere. */
export function Notices({ notice, dismiss }: { notice: Notice | null; dismiss: () => void }) {
  const shown = (tone: Notice['tone']) =>
    notice?.tone === tone && (
      <div class={`notice ${tone}`}>
        <p>{notice.text}</p>
        {notice.action && (
          <button
            type="button"
            onClick={() => {
              dismiss();
              notice.action?.run();
            }}
          >
            {notice.action.label}
          </button>
        )}
        <CrossButton label="Dismiss" run={dismiss} />
      </div>
    );
  return (
    <div class="notices">
      <div role="status">{shown('done')}</div>
      <div role="alert">{shown('wrong')}</div>
    </div>
  );
}
