// Package leaftest is what tests of many packages share: golden files, and a check that nothing is left behind. It
// imports nothing of ours, so that the tests inside of a leaf may use it.
package leaftest
