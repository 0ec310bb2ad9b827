// Built into the service by a test, never shipped: on SIGUSR1 it holds memory and makes garbage beside it.

package main

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

const mebibyte = 1024 * 1024

// held keeps the live heap alive; dropped makes each piece of garbage one of the heap's.
var (
	held    [][]byte
	dropped []byte
)

func init() {
	live, _ := strconv.Atoi(os.Getenv("HOLD_MIB"))
	wanted := make(chan os.Signal, 1)
	signal.Notify(wanted, syscall.SIGUSR1)
	go func() {
		<-wanted
		for range live {
			held = append(held, touched(mebibyte))
		}
		for range 2048 * 16 { // 2 GiB of garbage, in pieces of 64 KiB
			dropped = touched(mebibyte / 16)
		}
		fmt.Printf(`{"msg":"held","mib":%d}`+"\n", live)
	}()
}

// touched returns memory that the kernel had to give.
func touched(size int) []byte {
	piece := make([]byte, size)
	for i := 0; i < size; i += 4096 {
		piece[i] = 1
	}
	return piece
}
