// Command kube reads Kubernetes manifests with Kubernetes' own code.
//
//	kube read FILE...            prints every document as kubectl reads it, one JSON line each
//	kube check -crds DIR FILE... does to every object what the API server does on create
//	kube expand                  expands texts as the kubelet does; from and to lines of JSON
//	kube next                    prints when schedules fire, as robfig/cron says, which is the cron of Kubernetes and of Argo; likewise
//
// No cluster is involved. A document that no check knows is a failure, never skipped.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"sort"
	"time"

	"github.com/robfig/cron/v3"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/kubernetes/third_party/forked/golang/expansion"
	"sigs.k8s.io/yaml"
)

// document is one YAML document of a file, as JSON.
type document struct {
	file  string
	index int
	json  []byte
}

func main() {
	if len(os.Args) < 2 {
		fail("usage: kube read|check [-crds DIR] FILE... | kube expand | kube next")
	}
	switch os.Args[1] {
	case "expand":
		expandLines()
		return
	case "next":
		nextLines()
		return
	}
	flags := flag.NewFlagSet("kube", flag.ExitOnError)
	crds := flags.String("crds", "", "folder of CustomResourceDefinition files")
	_ = flags.Parse(os.Args[2:])
	documents, err := readFiles(flags.Args())
	if err != nil {
		fail("%v", err)
	}
	switch os.Args[1] {
	case "read":
		for _, d := range documents {
			line, _ := json.Marshal(map[string]any{"file": d.file, "index": d.index, "value": json.RawMessage(d.json)})
			fmt.Println(string(line))
		}
	case "check":
		checkAll(documents, *crds)
	default:
		fail("unknown command %q", os.Args[1])
	}
}

// readFiles splits files as kubectl does and reads each document strictly (a duplicate key is an error).
func readFiles(files []string) ([]document, error) {
	var documents []document
	for _, file := range files {
		bytesOfFile, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(bytesOfFile)))
		for index := 0; ; {
			text, err := reader.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			asJSON, err := yaml.YAMLToJSONStrict(text)
			if err != nil {
				return nil, fmt.Errorf("%s, document %d: %w", file, index, err)
			}
			if string(asJSON) != "null" { // A document of comments only.
				documents = append(documents, document{file, index, asJSON})
				index++
			}
		}
	}
	return documents, nil
}

// expandLines reads lines of {"env": {NAME: VALUE}, "text": TEXT} and prints what the kubelet makes of each text, as JSON.
func expandLines() {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var line struct {
			Env  map[string]string `json:"env"`
			Text string            `json:"text"`
		}
		if err := in.Decode(&line); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			fail("%v", err)
		}
		_ = out.Encode(expansion.Expand(line.Text, expansion.MappingFuncFor(line.Env)))
	}
}

// nextLines reads lines of {"schedule": CRON, "from": RFC3339, "count": N} and prints the next N instants after each, as seconds since the epoch.
func nextLines() {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var line struct {
			Schedule string    `json:"schedule"`
			From     time.Time `json:"from"`
			Count    int       `json:"count"`
		}
		if err := in.Decode(&line); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			fail("%v", err)
		}
		schedule, err := cron.ParseStandard(line.Schedule)
		if err != nil {
			fail("%q: %v", line.Schedule, err)
		}
		instants := make([]int64, 0, line.Count)
		for at := line.From; len(instants) < line.Count; {
			if at = schedule.Next(at); at.IsZero() {
				break
			}
			instants = append(instants, at.Unix())
		}
		_ = out.Encode(instants)
	}
}

func checkAll(documents []document, crdFolder string) {
	custom, err := loadCustomResources(crdFolder)
	if err != nil {
		fail("%v", err)
	}
	checked, failures := map[string]int{}, 0
	for _, d := range documents {
		kind, errs := checkDocument(d, custom)
		for _, err := range errs {
			failures++
			fmt.Printf("FAIL %s, document %d (%s): %v\n", d.file, d.index, kind, err)
		}
		checked[kind]++
	}
	kinds := make([]string, 0, len(checked))
	for kind := range checked {
		kinds = append(kinds, kind)
	}
	sort.Strings(kinds)
	for _, kind := range kinds {
		fmt.Printf("checked %d of %s\n", checked[kind], kind)
	}
	if len(documents) == 0 {
		fail("no object to check")
	}
	if failures > 0 {
		fail("%d faults", failures)
	}
}

func fail(format string, values ...any) {
	fmt.Fprintf(os.Stderr, "kube: "+format+"\n", values...)
	os.Exit(1)
}
