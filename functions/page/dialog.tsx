import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { CrossButton } from './cross-button.tsx';

interface DialogProps {
  title: string;
  /** It has been closed; focus is back where it was. */
  onClosed: () => void;
  wide?: boolean;
  children: (close: () => void) => ComponentChildren;
}

/** A modal dialog of the browser's own: it keeps the focus inside, closes on Escape and gives the focus back. */
export function Dialog({ title, onClosed, wide = false, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  // Before the next key is pressed: the browser gives the focus back to what has it now.
  useLayoutEffect(() => element.current?.showModal(), []);
  const close = () => element.current?.close();
  return (
    <dialog ref={element} class={wide ? 'wide' : undefined} aria-labelledby={heading} onClose={onClosed}>
      <div class="dialog">
        <header>
          <h2 id={heading}>{title}</h2>
          <CrossButton label="Close" run={close} />
        </header>
        {children(close)}
      </div>
    </dialog>
  );
}
