// Command alloy-format prints an Alloy configuration as `alloy fmt` would, or says where it can't be read.
// Which components there are and what they take, only Alloy itself knows.
package main

import (
	"fmt"
	"os"

	"github.com/grafana/alloy/syntax/parser"
	"github.com/grafana/alloy/syntax/printer"
)

func main() {
	if err := format(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func format(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(path, text)
	if err != nil {
		return err
	}
	return printer.Fprint(os.Stdout, file)
}
