import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface MenuItem {
  label: string;
  /** Why it is off. */
  reason?: string | undefined;
  danger?: boolean;
  run: () => void;
}

/** Further actions behind a button: a disclosure, closed by Escape, by a choice and by leaving it. */
export function Menu({ of, items }: { of: string; items: MenuItem[] }) {
  const [open, setOpen] = useState(false);
  const element = useRef<HTMLSpanElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  // Before the next key is pressed.
  useLayoutEffect(() => {
    if (!open) return;
    const leave = (event: Event) => {
      if (!element.current?.contains(event.target as Node)) setOpen(false);
    };
    const leaveByKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      setOpen(false);
      button.current?.focus();
    };
    document.addEventListener('keydown', leaveByKey);
    document.addEventListener('pointerdown', leave);
    document.addEventListener('focusin', leave);
    return () => {
      document.removeEventListener('keydown', leaveByKey);
      document.removeEventListener('pointerdown', leave);
      document.removeEventListener('focusin', leave);
    };
  }, [open]);
  return (
    <span ref={element} class="menu">
      <button
        ref={button}
        type="button"
        class="small"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        More<span class="sr"> for {of}</span>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="m4 6 4 4 4-4" />
        </svg>
      </button>
      {open && (
        <span id={id} class="items">
          {items.map(({ label, reason, danger, run }, index) => (
            <button
              key={label}
              type="button"
              class={danger ? 'danger' : undefined}
              aria-disabled={reason !== undefined}
              aria-describedby={reason === undefined ? undefined : `${id}-${index}`}
              onClick={() => {
                if (reason !== undefined) return;
                // First, so that a dialog gives the focus back to what is still there.
                button.current?.focus();
                setOpen(false);
                run();
              }}
            >
              {label}
              {reason !== undefined && (
                <span id={`${id}-${index}`} class="why">
                  {reason}
                </span>
              )}
            </button>
          ))}
        </span>
      )}
    </span>
  );
}
