/** The lynx: two ears, two eyes. */
export function Logo({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden>
      <rect width="32" height="32" rx="8" fill="#14746f" />
      <path d="M7 24V7l6 5h6l6-5v17" fill="none" stroke="#fff" strokeWidth="2.6" strokeLinejoin="round" strokeLinecap="round" />
      <circle cx="12.4" cy="18" r="1.9" fill="#ffd166" />
      <circle cx="19.6" cy="18" r="1.9" fill="#ffd166" />
    </svg>
  );
}
