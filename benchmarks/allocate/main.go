// Command allocate keeps a live heap, makes garbage beside it and computes a little, always as much
// of each: what varies between two runs is what the environment tells Go's runtime.
package main

import (
	"crypto/sha256"
	"flag"
	"sync"
)

const mebibyte = 1024 * 1024

// node is a small object with a pointer in it, so that the collector has something to follow.
type node struct {
	next *node
	_    [7]int64
}

// keep returns about size bytes of live heap.
func keep(size int) []*node {
	nodes := make([]*node, size/72) // 64 bytes each, and the pointer to it
	for i := range nodes {
		nodes[i] = &node{next: nodes[i/2]}
	}
	return nodes
}

// churn allocates size bytes in small pieces, computes on each and drops it.
func churn(size int) (sum byte) {
	const piece = 2048
	recent := make([][]byte, 16) // a piece lives on for as long as a request would
	for i := range size / piece {
		buffer := make([]byte, piece)
		buffer[i%piece] = byte(i)
		recent[i%len(recent)] = buffer
		digest := sha256.Sum256(buffer)
		sum ^= digest[0]
	}
	return sum
}

func main() {
	live := flag.Int("live", 64, "live heap in `MiB`")
	garbage := flag.Int("garbage", 1024, "garbage in all, in `MiB`")
	workers := flag.Int("workers", 2, "`goroutines` that make it")
	flag.Parse()

	nodes := keep(*live * mebibyte)
	var group sync.WaitGroup
	for range *workers {
		group.Go(func() { churn(*garbage * mebibyte / *workers) })
	}
	group.Wait()
	if nodes[len(nodes)-1] == nil {
		panic("the live heap is gone")
	}
}
