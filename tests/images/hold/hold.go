// Built into the service by a test, never shipped: on SIGUSR1 it holds memory, in Go's heap and beside it,
// and makes garbage.

package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

const (
	mebibyte = 1024 * 1024
	page     = 4096
	garbage  = 1024 * mebibyte
	piece    = 2048
)

// What is held, and what each piece of garbage is for.
var (
	live, foreign []byte
	dropped       []byte
	sum           [sha256.Size]byte
)

func init() {
	mib, _ := strconv.Atoi(os.Getenv("HOLD_MIB"))
	beside, _ := strconv.Atoi(os.Getenv("HOLD_BESIDE_MIB"))
	wanted := make(chan os.Signal, 1)
	signal.Notify(wanted, syscall.SIGUSR1)
	go func() {
		<-wanted
		// What the kernel counts and Go does not: C's heap, a mapped index, buffers.
		foreign, _ = syscall.Mmap(-1, 0, beside*mebibyte, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		touch(foreign)
		live = make([]byte, mib*mebibyte)
		touch(live)
		for range garbage / piece {
			dropped = make([]byte, piece)
			sum = sha256.Sum256(dropped)
		}
		fmt.Printf(`{"msg":"held","mib":%d}`+"\n", mib)
	}()
}

// touch makes the kernel give the memory that was asked for.
func touch(memory []byte) {
	for i := 0; i < len(memory); i += page {
		memory[i] = 1
	}
}
