// Command queue delivers all that a queue holds and then appends for as long as it lives; it is never shipped.
//
// It prints "got RECORD" for what it delivers, "go" before it appends, and "ack RECORD" once Append has returned.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"

	"example.com/orders/internal/offline"
)

const writers = 4

func main() {
	dir, round, forever := os.Args[1], os.Args[2], os.Args[4] == "forever"
	limit, err := strconv.ParseInt(os.Args[3], 10, 64)
	check(err)
	ctx := context.Background()
	queue, err := offline.Open(ctx, dir, limit, slog.New(slog.DiscardHandler))
	check(err)
	for queue.Stats().Records > 0 && os.Args[4] != "keep" {
		record, err := queue.Next(ctx)
		check(err)
		name, _, _ := strings.Cut(string(record.Data), "\n")
		fmt.Println("got", name)
		queue.Delivered(record)
	}
	fmt.Println("go")
	if !forever && os.Args[4] != "keep" {
		return
	}
	for writer := range writers {
		go func() {
			for n := 0; ; n++ {
				name := fmt.Sprintf("%s.%d.%d", round, writer, n)
				check(queue.Append(ctx, []byte(name+"\n"+strings.Repeat("x", n*997%3000))))
				fmt.Println("ack", name)
			}
		}()
	}
	select {}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
