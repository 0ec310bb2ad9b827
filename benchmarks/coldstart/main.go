// Command coldstart starts programs in turn, in the container that it runs in, and prints for each start of each the
// milliseconds from exec to the first 200:
//
//	coldstart ROUNDS NAME=PROGRAM=URL...
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// basket is what the bare service answers with 200; a probe does not read it.
const basket = `{"lines":[{"sku":"tea","quantity":2,"unit_price":350}]}`

// patience is far beyond any start: what takes longer will never answer.
const patience = time.Minute

func main() {
	rounds, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	for range rounds {
		for _, each := range os.Args[2:] {
			name, rest, _ := strings.Cut(each, "=")
			program, url, _ := strings.Cut(rest, "=")
			fmt.Printf("%s %.3f\n", name, start(program, url).Seconds()*1000)
		}
	}
}

func start(program, url string) time.Duration {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	cmd := exec.Command(program)
	began := time.Now()
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	for !answers(client, url) {
		if time.Since(began) > patience {
			panic(program + " does not answer with 200")
		}
		time.Sleep(200 * time.Microsecond)
	}
	took := time.Since(began)
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		panic(err)
	}
	return took
}

func answers(client http.Client, url string) bool {
	method, body := http.MethodGet, ""
	if strings.HasSuffix(url, "/v1/quotes") {
		method, body = http.MethodPost, basket
	}
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == http.StatusOK
}
