package openai

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zalando/go-keyring"
	"golang.org/x/sync/singleflight"
)

// KeyringService is the service under which a key is kept in the system's keyring, with the provider's name as the
// user.
const KeyringService = "slop-ls"

// KeyFunc looks an API key up. Its error is shown to people and must say what to do; it must never hold a key. It is
// called by many goroutines at once, for each Generate anew, and gives up soon after ctx is cancelled.
type KeyFunc func(ctx context.Context) (string, error)

// NoKeyError says that a provider's key is neither in the environment nor in the keyring.
type NoKeyError struct {
	Provider string
	Env      string // the variable that would hold it
	// Keyring is why the keyring could not be asked; nil when it has no such key.
	Keyring error
}

func (e *NoKeyError) Error() string {
	msg := fmt.Sprintf("no API key for provider %s: set %s, or run `slop-ls doctor`", e.Provider, e.Env)
	if e.Keyring != nil {
		msg += fmt.Sprintf(" (the keyring cannot be asked: %v)", e.Keyring)
	}
	return msg
}

// Unwrap gives why the keyring could not be asked.
func (e *NoKeyError) Unwrap() error { return e.Keyring }

// EnvKey looks up the variable env with lookup, which is os.LookupEnv or works like it, and then the system's keyring.
// An empty variable counts as none. Its error is ctx's or a *NoKeyError.
func EnvKey(provider, env string, lookup func(string) (string, bool)) KeyFunc {
	return envKey(provider, env, lookup, keyring.Get, keyringPatience)
}

// keyringPatience is how long a keyring may take: a person may have to unlock it first.
const keyringPatience = 30 * time.Second

// envKey is EnvKey with a given keyring. The keyring knows no context and may wait for a person to unlock it; so it is
// asked beside, once at a time, nobody waits longer than patience, and who gives up does not wait for it.
func envKey(
	provider, env string, lookup func(string) (string, bool), get func(service, user string) (string, error), patience time.Duration,
) KeyFunc {
	var asked singleflight.Group
	return func(ctx context.Context) (string, error) {
		if v, ok := lookup(env); ok && v != "" {
			return v, nil
		}
		answer := asked.DoChan("", func() (any, error) { return get(KeyringService, provider) })
		bound := time.NewTimer(patience)
		defer bound.Stop()
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-bound.C:
			return "", noKey(provider, env, fmt.Errorf("it has not answered within %v: unlock it", patience))
		case r := <-answer:
			if r.Err == nil && r.Val.(string) != "" {
				return r.Val.(string), nil
			}
			return "", noKey(provider, env, r.Err)
		}
	}
}

func noKey(provider, env string, err error) error {
	if errors.Is(err, keyring.ErrNotFound) {
		err = nil
	}
	return &NoKeyError{Provider: provider, Env: env, Keyring: err}
}
