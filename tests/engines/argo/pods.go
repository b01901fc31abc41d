package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/argoproj/argo-workflows/v4/pkg/apis/workflow/v1alpha1"
	"github.com/argoproj/argo-workflows/v4/util/logging"
	"github.com/argoproj/argo-workflows/v4/util/template"
	"github.com/argoproj/argo-workflows/v4/workflow/common"
)

// run is what a run of a WorkflowTemplate is given, and what its steps hand over.
type run struct {
	Parameters map[string]string            `json:"parameters"`
	Outputs    map[string]map[string]string `json:"outputs"`
	// Scheduled is empty in a run by hand.
	Scheduled string `json:"scheduled"`
	Created   string `json:"created"`
}

const uid = "0b6c3d1e-0000-4000-8000-000000000001"

// printPods prints the pod of each task of each graph in the files, in a run: a line of JSON each, after all that Argo's controller replaces.
//
// The controller itself does not run here. The functions that replace are its own (ProcessArgs, SubstituteParams, Replace); the order in which
// they are called is that of its `setGlobalParameters`, `substituteGlobalVariables`, `resolveDependencyReferences`, `executeTemplate` and `substitutePodParams`.
func printPods(runFile string, files []string) error {
	ctx := logging.WithLogger(context.Background(), logging.NewSlogLogger(logging.Error, logging.Text))
	text, err := os.ReadFile(runFile)
	if err != nil {
		return err
	}
	var given run
	if err := json.Unmarshal(text, &given); err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, parsed := range common.ParseObjects(ctx, text, false) {
			if parsed.Err != nil {
				return fmt.Errorf("%s: %w", file, parsed.Err)
			}
			object, ok := parsed.Object.(*v1alpha1.WorkflowTemplate)
			if !ok {
				continue
			}
			if err := printPodsOf(ctx, out, object, given); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
		}
	}
	return nil
}

func printPodsOf(ctx context.Context, out *bufio.Writer, object *v1alpha1.WorkflowTemplate, given run) error {
	globals, err := globalsOf(ctx, &object.Spec, given)
	if err != nil {
		return err
	}
	templates := map[string]*v1alpha1.Template{}
	for i := range object.Spec.Templates {
		templates[object.Spec.Templates[i].Name] = &object.Spec.Templates[i]
	}
	graph := templates[object.Spec.Entrypoint]
	if graph == nil || graph.DAG == nil {
		return fmt.Errorf("%s has no graph", object.Name)
	}
	scope := template.ToAnyMap(globals)
	for task, outputs := range given.Outputs {
		scope["tasks."+task+".status"] = "Succeeded"
		for name, value := range outputs {
			scope["tasks."+task+".outputs.parameters."+name] = value
		}
	}
	for _, task := range graph.DAG.Tasks {
		pod, err := podOf(ctx, task, templates, globals, scope)
		if err != nil {
			return fmt.Errorf("%s, task %s: %w", object.Name, task.Name, err)
		}
		line, err := json.Marshal(map[string]any{"template": object.Name, "task": task.Name, "pod": pod})
		if err != nil {
			return err
		}
		fmt.Fprintln(out, string(line))
	}
	return nil
}

// globalsOf is what `{{workflow.…}}` stands for.
func globalsOf(ctx context.Context, spec *v1alpha1.WorkflowSpec, given run) (common.Parameters, error) {
	created, err := time.Parse(time.RFC3339, given.Created)
	if err != nil {
		return nil, err
	}
	globals := common.Parameters{
		common.GlobalVarWorkflowName:                           "run",
		common.GlobalVarWorkflowUID:                            uid,
		common.GlobalVarWorkflowCreationTimestamp:              created.Format(time.RFC3339),
		common.GlobalVarWorkflowCreationTimestamp + ".RFC3339": created.Format(time.RFC3339),
	}
	if given.Scheduled != "" {
		globals[common.GlobalVarWorkflowCronScheduleTime] = given.Scheduled
	}
	for i := range spec.Arguments.Parameters {
		parameter := &spec.Arguments.Parameters[i]
		if value, ok := given.Parameters[parameter.Name]; ok {
			parameter.Value = v1alpha1.AnyStringPtr(value)
		}
		if parameter.Value == nil {
			return nil, fmt.Errorf("the run gives no %s", parameter.Name)
		}
		globals["workflow.parameters."+parameter.Name] = parameter.Value.String()
	}
	rest := spec.DeepCopy()
	rest.Templates = nil
	text, err := json.Marshal(rest)
	if err != nil {
		return nil, err
	}
	// The spec is looked through too, and a value that cannot be replaced ends the run; but what the variables stand for stays as it was given.
	if _, err := template.Replace(ctx, string(text), template.ToAnyMap(globals), true); err != nil {
		return nil, err
	}
	return globals, nil
}

func podOf(ctx context.Context, task v1alpha1.DAGTask, templates map[string]*v1alpha1.Template, globals common.Parameters, scope map[string]any) (*corev1.Pod, error) {
	text, err := json.Marshal(task)
	if err != nil {
		return nil, err
	}
	replaced, err := template.ReplaceStrictAny(ctx, string(text), scope, []string{"tasks", "steps"})
	if err != nil {
		return nil, err
	}
	var resolved v1alpha1.DAGTask
	if err := json.Unmarshal([]byte(replaced), &resolved); err != nil {
		return nil, err
	}
	raw := templates[resolved.Template]
	if raw == nil || raw.Container == nil {
		return nil, fmt.Errorf("there is no template %q with a container", resolved.Template)
	}
	step, err := common.ProcessArgs(ctx, raw, &resolved.Arguments, globals, common.Parameters{}, false, "default", nil)
	if err != nil {
		return nil, err
	}
	if step.RetryStrategy != nil { // Each attempt is looked through again.
		if step, err = common.SubstituteParams(ctx, step, globals, common.Parameters{common.LocalVarRetries: "1"}); err != nil {
			return nil, err
		}
	}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "run-" + task.Name, Labels: step.Metadata.Labels, Annotations: step.Metadata.Annotations},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{*step.Container}, Volumes: step.Volumes},
	}
	pod.Spec.Containers[0].Name = common.MainContainerName
	parameters := globals.DeepCopy()
	for _, parameter := range step.Inputs.Parameters {
		parameters["inputs.parameters."+parameter.Name] = parameter.Value.String()
	}
	parameters[common.LocalVarPodName] = pod.Name
	written, err := json.Marshal(pod)
	if err != nil {
		return nil, err
	}
	last, err := template.Replace(ctx, string(written), template.ToAnyMap(parameters), true)
	if err != nil {
		return nil, err
	}
	var finished corev1.Pod
	return &finished, json.Unmarshal([]byte(last), &finished)
}
