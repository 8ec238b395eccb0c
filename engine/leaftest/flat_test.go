package leaftest

import "testing"

var kept [][]byte

func TestGrownSeesWhatIsKept(t *testing.T) {
	if bytes, goroutines := grown(2000, func() { kept = append(kept, make([]byte, 64)) }); bytes < slack || goroutines != 0 {
		t.Errorf("64 bytes a call: %d bytes, %d goroutines", bytes, goroutines)
	}
	kept = nil
	stop := make(chan struct{})
	if _, goroutines := grown(3, func() { go func() { <-stop }() }); goroutines != 3 {
		t.Errorf("%d goroutines are seen of 3", goroutines)
	}
	close(stop)
	Flat(t, 2000, func() { kept = append(kept[:0], make([]byte, 64)) })
}
