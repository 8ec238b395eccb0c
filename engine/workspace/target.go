package workspace

// CheckTarget says why Deliver would not write to path, without touching anything; nil where it would. The error wraps
// engine.ErrOutside or fs.ErrInvalid, or is what the system says. What it found may change before a delivery, which
// looks again.
func (w *Workspace) CheckTarget(path string) error { return w.checkTarget(path) }
