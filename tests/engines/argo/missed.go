package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/argoproj/argo-workflows/v4/pkg/apis/workflow/v1alpha1"
	"github.com/argoproj/argo-workflows/v4/util/expr/argoexpr"
	"github.com/argoproj/argo-workflows/v4/util/logging"
	"github.com/argoproj/argo-workflows/v4/workflow/common"
)

// faultsThatLintMisses looks for what Argo's lint and the API server both accept and a run then dies of.
func faultsThatLintMisses(files []string) (faults []string, err error) {
	ctx := logging.WithLogger(context.Background(), logging.NewSlogLogger(logging.Error, logging.Text))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for _, parsed := range common.ParseObjects(ctx, text, false) {
			var templates []v1alpha1.Template
			switch object := parsed.Object.(type) {
			case *v1alpha1.Workflow:
				templates = object.Spec.Templates
			case *v1alpha1.WorkflowTemplate:
				templates = object.Spec.Templates
			case *v1alpha1.CronWorkflow:
				templates = object.Spec.WorkflowSpec.Templates
			}
			for _, template := range templates {
				for _, fault := range faultsOf(template) {
					faults = append(faults, fmt.Sprintf("%s: in %q: template %q: %s", file, parsed.Object.GetName(), template.Name, fault))
				}
			}
		}
	}
	return faults, nil
}

func faultsOf(template v1alpha1.Template) (faults []string) {
	// The name becomes a part of the pod's name.
	if len(validation.IsDNS1123Label(template.Name)) > 0 {
		faults = append(faults, "the name is not a lower-case DNS label")
	}
	// Without a command the controller looks the image up in its registry.
	if template.Container != nil && len(template.Container.Command) == 0 {
		faults = append(faults, "a container without command")
	}
	if template.Script != nil {
		faults = append(faults, "a script, whose text is changed on its way")
	}
	if template.DAG != nil {
		faults = append(faults, faultsOfDepends(template.DAG.Tasks)...)
	}
	if retry := template.RetryStrategy; retry != nil {
		switch {
		case retry.Limit == nil:
			faults = append(faults, "a retryStrategy without limit retries for ever")
		default:
			if _, err := strconv.ParseUint(retry.Limit.String(), 10, 31); err != nil {
				faults = append(faults, fmt.Sprintf("the retry limit %q is not a number", retry.Limit.String()))
			}
		}
	}
	return faults
}

// faultsOfDepends evaluates what each task waits for as the controller does when the task is due: lint looks for names in the text and no further.
func faultsOfDepends(tasks []v1alpha1.DAGTask) (faults []string) {
	outcomes := map[string]bool{}
	for _, outcome := range []string{"Succeeded", "Failed", "Errored", "Skipped", "Omitted", "Daemoned", "AnySucceeded", "AllFailed"} {
		outcomes[outcome] = true
	}
	scope := map[string]any{}
	for _, task := range tasks {
		scope[strings.ReplaceAll(task.Name, "-", "_")] = outcomes
	}
	for _, task := range tasks {
		if task.Depends == "" {
			continue
		}
		if _, err := argoexpr.EvalBool(strings.ReplaceAll(task.Depends, "-", "_"), scope); err != nil {
			faults = append(faults, fmt.Sprintf("task %q cannot know what it waits for, %q: %v", task.Name, task.Depends, err))
		}
	}
	return faults
}
