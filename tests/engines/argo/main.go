// Command argolint lints files with Argo's own linter (strict, offline) and counts what it really linted.
//
//	argolint FILE...
//	argolint pods RUN.json FILE...   prints the pods of a run instead
//
// Argo's lint skips in silence what it does not know, so a lint without faults proves nothing by itself: here every
// Argo document of the files is counted by a second reader, and the two counts must agree, kind by kind.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"

	"google.golang.org/grpc"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/argoproj/argo-workflows/v4/cmd/argo/lint"
	"github.com/argoproj/argo-workflows/v4/pkg/apiclient"
	"github.com/argoproj/argo-workflows/v4/pkg/apiclient/cronworkflow"
	"github.com/argoproj/argo-workflows/v4/pkg/apiclient/workflow"
	"github.com/argoproj/argo-workflows/v4/pkg/apiclient/workflowtemplate"
	"github.com/argoproj/argo-workflows/v4/pkg/apis/workflow/v1alpha1"
	"github.com/argoproj/argo-workflows/v4/util/logging"
)

// counts is a number of documents by kind.
type counts map[string]int

func main() {
	files := os.Args[1:]
	if len(files) == 0 {
		fail("usage: argolint FILE... | argolint pods RUN.json FILE...")
	}
	if files[0] == "pods" && len(files) > 2 {
		if err := printPods(files[1], files[2:]); err != nil {
			fail("%v", err)
		}
		return
	}
	expected, others, err := countDocuments(files)
	if err != nil {
		fail("%v", err)
	}
	missed, err := faultsThatLintMisses(files)
	if err != nil {
		fail("%v", err)
	}
	for _, fault := range missed {
		fmt.Println(fault)
	}
	linted, result, err := lintFiles(files)
	if err != nil {
		fail("%v", err)
	}
	for _, kind := range sortedKinds(expected, linted) {
		fmt.Printf("linted %d of %d %s\n", linted[kind], expected[kind], kind)
		if linted[kind] != expected[kind] {
			result = false
		}
	}
	for _, kind := range sortedKinds(others) {
		fmt.Printf("not for Argo: %d %s\n", others[kind], kind)
	}
	if len(expected) == 0 {
		fail("no Argo object in the files")
	}
	if !result || len(missed) > 0 {
		fail("faults found, or an Argo object was not linted")
	}
}

// countDocuments counts Argo's documents and those of the core kinds that may stand beside them. Anything else is an error.
func countDocuments(files []string) (argo, others counts, err error) {
	argo, others = counts{}, counts{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, nil, err
		}
		reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
		for {
			text, err := reader.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", file, err)
			}
			var object struct{ APIVersion, Kind string }
			if err := yaml.Unmarshal(text, &object); err != nil {
				return nil, nil, fmt.Errorf("%s: %w", file, err)
			}
			switch {
			case object.APIVersion == "" && object.Kind == "" && isBlank(text):
			case strings.HasPrefix(object.APIVersion, "argoproj.io/"):
				argo[object.Kind]++
			case object.APIVersion == "v1" && object.Kind == "ConfigMap":
				others[object.Kind]++
			default:
				return nil, nil, fmt.Errorf("%s: a document of kind %q and apiVersion %q", file, object.Kind, object.APIVersion)
			}
		}
	}
	return argo, others, nil
}

func isBlank(text []byte) bool {
	asJSON, err := yaml.YAMLToJSON(text)
	return err == nil && string(asJSON) == "null"
}

// lintFiles runs Argo's linter and counts the objects that reach its validation.
func lintFiles(files []string) (counts, bool, error) {
	ctx := logging.WithLogger(context.Background(), logging.NewSlogLogger(logging.Error, logging.Text))
	ctx, client, err := apiclient.NewClientFromOptsWithContext(ctx, apiclient.Opts{Offline: true, OfflineFiles: files})
	if err != nil {
		return nil, false, err
	}
	templates, err := client.NewWorkflowTemplateServiceClient()
	if err != nil {
		return nil, false, err
	}
	crons, err := client.NewCronWorkflowServiceClient()
	if err != nil {
		return nil, false, err
	}
	formatter, err := lint.GetFormatter("simple")
	if err != nil {
		return nil, false, err
	}
	linted := counts{}
	result, err := lint.Lint(ctx, &lint.LintOptions{
		Files:     files,
		Strict:    true,
		Formatter: formatter,
		Printer:   os.Stdout,
		ServiceClients: lint.ServiceClients{
			WorkflowsClient:         countedWorkflows{client.NewWorkflowServiceClient(ctx), linted},
			WorkflowTemplatesClient: countedTemplates{templates, linted},
			CronWorkflowsClient:     countedCrons{crons, linted},
		},
	})
	if err != nil {
		return nil, false, err
	}
	return linted, result.Success, nil
}

type countedWorkflows struct {
	workflow.WorkflowServiceClient
	linted counts
}

func (c countedWorkflows) LintWorkflow(ctx context.Context, in *workflow.WorkflowLintRequest, opts ...grpc.CallOption) (*v1alpha1.Workflow, error) {
	c.linted["Workflow"]++
	return c.WorkflowServiceClient.LintWorkflow(ctx, in, opts...)
}

type countedTemplates struct {
	workflowtemplate.WorkflowTemplateServiceClient
	linted counts
}

func (c countedTemplates) LintWorkflowTemplate(ctx context.Context, in *workflowtemplate.WorkflowTemplateLintRequest, opts ...grpc.CallOption) (*v1alpha1.WorkflowTemplate, error) {
	c.linted["WorkflowTemplate"]++
	return c.WorkflowTemplateServiceClient.LintWorkflowTemplate(ctx, in, opts...)
}

type countedCrons struct {
	cronworkflow.CronWorkflowServiceClient
	linted counts
}

func (c countedCrons) LintCronWorkflow(ctx context.Context, in *cronworkflow.LintCronWorkflowRequest, opts ...grpc.CallOption) (*v1alpha1.CronWorkflow, error) {
	c.linted["CronWorkflow"]++
	return c.CronWorkflowServiceClient.LintCronWorkflow(ctx, in, opts...)
}

func sortedKinds(all ...counts) []string {
	seen := map[string]bool{}
	var kinds []string
	for _, some := range all {
		for kind := range some {
			if !seen[kind] {
				seen[kind] = true
				kinds = append(kinds, kind)
			}
		}
	}
	sort.Strings(kinds)
	return kinds
}

func fail(format string, values ...any) {
	fmt.Fprintf(os.Stderr, "argolint: "+format+"\n", values...)
	os.Exit(1)
}
