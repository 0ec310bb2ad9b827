// Command statements rewrites the Go code below a folder, so that each statement can be left out of a run, and lists them.
//
// The statement of number 7 becomes "if statementRuns(7) { ... }": what is declared stays used, one build is enough for
// all, and a program or a test is run without it by DELETED_STATEMENT=7. REACHED_STATEMENTS=FILE has the numbers of those
// that a run reaches written into a file.
package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const helper = `

import (
	"fmt"
	"os"
	"strconv"
	"sync"
)

var (
	deletedStatement, _ = strconv.Atoi(os.Getenv("DELETED_STATEMENT"))
	reachedStatements   = os.Getenv("REACHED_STATEMENTS")
	reachedBefore       sync.Map
)

func statementRuns(number int) bool {
	if reachedStatements != "" {
		if _, before := reachedBefore.LoadOrStore(number, true); !before {
			file, err := os.OpenFile(reachedStatements, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
			if err != nil {
				panic(err)
			}
			defer file.Close()
			fmt.Fprintln(file, number)
		}
	}
	return number != deletedStatement
}
`

// A statement is named by where it stands; of two that read alike in a function the second has a count.
type statement struct {
	File, Function, Text string
	Number               int
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(folder string) error {
	paths, err := sources(folder)
	if err != nil {
		return err
	}
	var found []statement
	packages := map[string]string{}
	for _, path := range paths {
		source, err := os.ReadFile(filepath.Join(folder, path))
		if err != nil {
			return err
		}
		f := file{path: path, source: source, fileset: token.NewFileSet(), next: len(found) + 1}
		name, err := f.read()
		if err != nil {
			return err
		}
		found = append(found, f.found...)
		packages[filepath.Dir(path)] = name
		if err := os.WriteFile(filepath.Join(folder, path), f.rewritten(), 0o600); err != nil {
			return err
		}
	}
	for at, name := range packages {
		text := "package " + name + helper
		if err := os.WriteFile(filepath.Join(folder, at, "statement_runs.go"), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(found)
}

// sources are the Go files below a folder, without tests.
func sources(folder string) ([]string, error) {
	var paths []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			path, err = filepath.Rel(folder, path)
			paths = append(paths, path)
		}
		return err
	})
	return paths, err
}

// file is one that is read: what stands in it, and what is to be written into it.
type file struct {
	path     string
	source   []byte
	fileset  *token.FileSet
	next     int
	found    []statement
	inserted map[int]string
	needed   map[ast.Stmt]bool // what ends a function that returns something: no file compiles without it
	alike    map[string]int
	uses     map[*ast.Object][]token.Pos // of variables that have to be used
}

func (f *file) read() (string, error) {
	tree, err := parser.ParseFile(f.fileset, f.path, f.source, 0)
	if err != nil {
		return "", err
	}
	f.inserted, f.needed, f.alike = map[int]string{}, map[ast.Stmt]bool{}, map[string]int{}
	f.uses = uses(tree)
	for _, declared := range tree.Decls {
		name := "var"
		if function, ok := declared.(*ast.FuncDecl); ok {
			name = function.Name.Name
			if function.Body != nil && function.Type.Results != nil {
				f.keepEnd(function.Body)
			}
		}
		ast.Inspect(declared, func(node ast.Node) bool {
			f.see(name, node)
			return true
		})
	}
	return tree.Name.Name, nil
}

func (f *file) see(function string, node ast.Node) {
	switch node := node.(type) {
	case *ast.FuncLit:
		if node.Type.Results != nil {
			f.keepEnd(node.Body)
		}
	case *ast.BlockStmt:
		f.add(function, node.List)
	case *ast.CaseClause:
		f.add(function, node.Body)
	case *ast.CommClause:
		f.add(function, node.Body)
	}
}

// keepEnd marks what has to stay at the end of a function.
func (f *file) keepEnd(end ast.Stmt) {
	f.needed[end] = true
	switch end := end.(type) {
	case *ast.BlockStmt:
		f.keepLast(end.List)
	case *ast.IfStmt:
		f.keepEnd(end.Body)
		if end.Else != nil {
			f.keepEnd(end.Else)
		}
	case *ast.LabeledStmt:
		f.keepEnd(end.Stmt)
	case *ast.SwitchStmt:
		f.keepClauses(end.Body)
	case *ast.TypeSwitchStmt:
		f.keepClauses(end.Body)
	case *ast.SelectStmt:
		f.keepClauses(end.Body)
	}
}

func (f *file) keepLast(list []ast.Stmt) {
	if len(list) > 0 {
		f.keepEnd(list[len(list)-1])
	}
}

func (f *file) keepClauses(body *ast.BlockStmt) {
	for _, clause := range body.List {
		switch clause := clause.(type) {
		case *ast.CaseClause:
			f.keepLast(clause.Body)
		case *ast.CommClause:
			f.keepLast(clause.Body)
		}
	}
}

func (f *file) add(function string, list []ast.Stmt) {
	for _, each := range list {
		if f.needed[each] || !deletable(each) || f.usesAlone(each) {
			continue
		}
		from, to := f.fileset.Position(each.Pos()).Offset, f.fileset.Position(each.End()).Offset
		text, _, _ := strings.Cut(string(f.source[from:to]), "\n")
		if f.alike[function+text]++; f.alike[function+text] > 1 {
			text = fmt.Sprintf("%s (%d)", text, f.alike[function+text])
		}
		number := f.next + len(f.found)
		f.found = append(f.found, statement{File: f.path, Function: function, Text: text, Number: number})
		f.inserted[from] += fmt.Sprintf("if statementRuns(%d) { ", number)
		f.inserted[to] = " }" + f.inserted[to]
	}
}

// deletable says whether Go compiles without it: what declares a name is needed, since each name has to be used.
func deletable(each ast.Stmt) bool {
	switch each := each.(type) {
	case *ast.AssignStmt:
		return each.Tok != token.DEFINE
	case *ast.BranchStmt:
		return each.Tok != token.FALLTHROUGH
	case *ast.DeclStmt, *ast.EmptyStmt, *ast.CaseClause, *ast.CommClause:
		return false
	}
	return true
}

// usesAlone says whether a statement is the only one that uses a variable, which Go compiles no file without.
func (f *file) usesAlone(each ast.Stmt) bool {
	inside := func(at token.Pos) bool { return each.Pos() <= at && at < each.End() }
	for variable, at := range f.uses {
		if !inside(variable.Pos()) && len(at) > 0 && !slices.ContainsFunc(at, func(at token.Pos) bool { return !inside(at) }) {
			return true
		}
	}
	return false
}

// uses are those of each variable of a function; to set one is none.
func uses(tree *ast.File) map[*ast.Object][]token.Pos {
	set, found := map[*ast.Ident]bool{}, map[*ast.Object][]token.Pos{}
	ast.Inspect(tree, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.AssignStmt:
			for _, left := range node.Lhs {
				if name, ok := left.(*ast.Ident); ok && (node.Tok == token.ASSIGN || node.Tok == token.DEFINE) {
					set[name] = true
				}
			}
		case *ast.Ident:
			if local(tree, node.Obj) && !set[node] && node.Pos() != node.Obj.Pos() {
				found[node.Obj] = append(found[node.Obj], node.Pos())
			}
		}
		return true
	})
	return found
}

// local says whether an object is a variable of a function, and no parameter.
func local(tree *ast.File, object *ast.Object) bool {
	if object == nil || object.Kind != ast.Var || tree.Scope.Lookup(object.Name) == object {
		return false
	}
	_, parameter := object.Decl.(*ast.Field)
	return !parameter
}

func (f *file) rewritten() []byte {
	var text []byte
	last := 0
	for _, at := range slices.SortedFunc(maps.Keys(f.inserted), cmp.Compare[int]) {
		text = append(append(text, f.source[last:at]...), f.inserted[at]...)
		last = at
	}
	return append(text, f.source[last:]...)
}
