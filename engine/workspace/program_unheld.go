//go:build unix && !darwin && !linux

package workspace

// startHeld starts a program without a guard, which this system does not have; none where a sandbox is required.
func startHeld(p Program, _ string) (*Running, error) {
	if _, err := (sandbox{Mode: p.Held.Sandbox.Mode}).enter(); err != nil {
		return nil, err
	}
	p.Held = nil
	return StartProgram(p)
}
