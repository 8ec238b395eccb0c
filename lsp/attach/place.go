package attach

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// Place is where the processes of one workspace meet. Two processes of one person that name the same Dir find each
// other, whatever their environment says of runtime folders.
type Place struct {
	Dir     string // the workspace's own folder of state, absolute; made where it is missing
	Runtime string // $XDG_RUNTIME_DIR, or empty
}

// LogPath is where a daemon that was started in the background writes its log.
func (p Place) LogPath() string { return filepath.Join(p.Dir, "daemon.log") }

func (p Place) gatePath() string    { return filepath.Join(p.Dir, "daemon.gate") }
func (p Place) addressPath() string { return filepath.Join(p.Dir, "daemon.json") }

// maxSocketPath is what fits into a socket's address on every system, in bytes.
const maxSocketPath = 100

// address is what the daemon leaves for who looks for it.
type address struct {
	Socket string `json:"socket"`
	PID    int    `json:"pid"`
	Root   string `json:"root,omitempty"` // of the workspace
}

// Root is the folder of the workspace whose place this is, as the last daemon left it. The error is ErrNoDaemon where
// none did.
func (p Place) Root() (string, error) {
	a, err := p.address()
	if err == nil && a.Root == "" {
		err = ErrNoDaemon
	}
	return a.Root, err
}

// address reads what the last daemon left; the error is ErrNoDaemon where there is nothing of use.
func (p Place) address() (address, error) {
	var a address
	f, err := os.Open(p.addressPath())
	if errors.Is(err, fs.ErrNotExist) {
		return a, ErrNoDaemon
	}
	if err != nil {
		return a, fmt.Errorf("looking for the daemon: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	raw, err := io.ReadAll(io.LimitReader(f, maxHello))
	if err != nil {
		return a, fmt.Errorf("looking for the daemon: %w", err)
	}
	if json.Unmarshal(raw, &a) != nil || !filepath.IsAbs(a.Socket) {
		return address{}, ErrNoDaemon
	}
	return a, nil
}

// listen takes the socket and says where it is. Only the holder of the workspace's lock may call it: it removes what
// an earlier daemon left.
func (p Place) listen(root string) (*net.UnixListener, error) {
	path, err := p.socket()
	if err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("removing a stale socket: %w", err)
	}
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listening for editors: %w", err)
	}
	if err := errors.Join(os.Chmod(path, 0o600), p.publish(address{Socket: path, PID: os.Getpid(), Root: root})); err != nil {
		return nil, errors.Join(fmt.Errorf("saying where the daemon listens: %w", err), ln.Close())
	}
	return ln, nil
}

func (p Place) publish(a address) error {
	raw, err := json.Marshal(a)
	if err != nil {
		return err
	}
	next := p.addressPath() + ".new" // of the lock's holder alone
	if err := os.WriteFile(next, raw, 0o600); err != nil {
		return err
	}
	return os.Rename(next, p.addressPath())
}

// socket chooses the path, in a folder that is the person's alone.
func (p Place) socket() (string, error) {
	sum := sha256.Sum256([]byte(p.Dir))
	name := hex.EncodeToString(sum[:8]) + ".sock"
	candidates := []string{
		filepath.Join(p.Dir, "daemon.sock"),
		filepath.Join(os.TempDir(), "slop-ls-"+strconv.Itoa(os.Getuid()), name),
	}
	if filepath.IsAbs(p.Runtime) {
		candidates = append([]string{filepath.Join(p.Runtime, "slop-ls", name)}, candidates...)
	}
	var why error
	for _, path := range candidates {
		if len(path) > maxSocketPath {
			why = errors.Join(why, fmt.Errorf("%s is longer than the %d bytes of a socket's path", path, maxSocketPath))
			continue
		}
		err := private(filepath.Dir(path))
		if err == nil {
			return path, nil
		}
		why = errors.Join(why, err)
	}
	return "", fmt.Errorf("no folder for the daemon's socket; set XDG_RUNTIME_DIR to a short path of your own: %w", why)
}

// private makes dir the person's alone. What belongs to somebody else, or is a link, is refused.
func private(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making a private folder: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("looking at a private folder: %w", err)
	}
	if !info.IsDir() || !mine(info) {
		return fmt.Errorf("%s is not a folder of this user's own", dir)
	}
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a folder needs its x
		return fmt.Errorf("making %s private: %w", dir, err)
	}
	return nil
}
