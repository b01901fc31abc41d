package main

import (
	"context"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/validation"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/warning"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	"k8s.io/kubernetes/pkg/registry/batch/cronjob"
	"k8s.io/kubernetes/pkg/registry/batch/job"
	"k8s.io/kubernetes/pkg/registry/core/configmap"
	"k8s.io/kubernetes/pkg/registry/core/pod"
	jobset "sigs.k8s.io/jobset/api/jobset/v1alpha2"
)

// strategies are the API server's own rules for the kinds that etlc writes.
var strategies = map[schema.GroupKind]rest.RESTCreateStrategy{
	{Group: "", Kind: "ConfigMap"}:    configmap.Strategy,
	{Group: "", Kind: "Pod"}:          pod.Strategy,
	{Group: "batch", Kind: "CronJob"}: cronjob.Strategy,
	{Group: "batch", Kind: "Job"}:     job.Strategy,
}

// applyLimit is what `kubectl apply` can store of an object: it keeps a copy in an annotation.
const applyLimit = 256 * 1024

var strictDecoder = serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict).UniversalDecoder()

// checkDocument returns the kind of a document and what the API server would have against it.
func checkDocument(d document, custom customResources) (string, []error) {
	var object struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
	}
	if err := json.Unmarshal(d.json, &object); err != nil {
		return "?", []error{err}
	}
	gvk := object.GroupVersionKind()
	name := gvk.GroupVersion().String() + " " + gvk.Kind
	if len(d.json) > applyLimit {
		return name, []error{fmt.Errorf("%d bytes are too many for kubectl apply", len(d.json))}
	}
	if _, ok := strategies[gvk.GroupKind()]; ok {
		return name, checkBuiltIn(d.json, gvk.GroupKind())
	}
	if definition, ok := custom[gvk]; ok {
		errs := definition.check(d.json)
		if len(errs) == 0 && gvk.GroupKind() == (schema.GroupKind{Group: jobset.GroupVersion.Group, Kind: "JobSet"}) {
			errs = checkJobSet(d.json)
		}
		return name, errs
	}
	return name, []error{fmt.Errorf("no check for %s", gvk)}
}

// checkBuiltIn decodes strictly, sets defaults, and applies the validation and the warnings of a create request.
func checkBuiltIn(data []byte, kind schema.GroupKind) []error {
	object, _, err := strictDecoder.Decode(data, nil, nil)
	if err != nil {
		return []error{err}
	}
	metadata, err := meta.Accessor(object)
	if err != nil {
		return []error{err}
	}
	if metadata.GetNamespace() == "" {
		metadata.SetNamespace(metav1.NamespaceDefault)
	}
	rest.FillObjectMetaSystemFields(metadata)
	warnings := &recorder{}
	ctx := genericapirequest.WithNamespace(context.Background(), metadata.GetNamespace())
	ctx = genericapirequest.WithRequestInfo(ctx, &genericapirequest.RequestInfo{
		IsResourceRequest: true, Verb: "create", APIGroup: kind.Group, APIVersion: "v1", Namespace: metadata.GetNamespace(),
	})
	ctx = warning.WithWarningRecorder(ctx, warnings)
	if err := rest.BeforeCreate(strategies[kind], ctx, object); err != nil {
		return []error{err}
	}
	return warnings.errs
}

// checkJobSet repeats the few rules of JobSet's admission webhook that its CustomResourceDefinition does not hold,
// and checks the Jobs that the JobSet would create.
func checkJobSet(data []byte) (errs []error) {
	var set jobset.JobSet
	if err := json.Unmarshal(data, &set); err != nil {
		return []error{err}
	}
	earlier := map[string]bool{}
	for _, replicated := range set.Spec.ReplicatedJobs {
		for _, dependency := range replicated.DependsOn {
			if !earlier[dependency.Name] {
				errs = append(errs, fmt.Errorf("%s depends on %s, which is not before it", replicated.Name, dependency.Name))
			}
		}
		earlier[replicated.Name] = true
		replicas := max(replicated.Replicas, 1)
		name := fmt.Sprintf("%s-%s-%d", set.Name, replicated.Name, replicas-1)
		for _, message := range validation.IsDNS1035Label(name) {
			errs = append(errs, fmt.Errorf("job name %q: %s", name, message))
		}
		// A pod of an indexed Job is <job>-<index>-<5 random characters>, and a JobSet's Jobs are indexed.
		if longest := name + "-0-abcde"; len(longest) > validation.DNS1035LabelMaxLength {
			errs = append(errs, fmt.Errorf("pod name %q is too long", longest))
		}
		created := map[string]any{"apiVersion": "batch/v1", "kind": "Job", "metadata": map[string]any{"name": name}, "spec": replicated.Template.Spec}
		asJSON, err := json.Marshal(created)
		if err != nil {
			return append(errs, err)
		}
		errs = append(errs, checkBuiltIn(asJSON, schema.GroupKind{Group: "batch", Kind: "Job"})...)
	}
	return errs
}

// recorder collects the warnings that kubectl would print: for generated objects they are faults.
type recorder struct{ errs []error }

func (r *recorder) AddWarning(_, text string) {
	r.errs = append(r.errs, fmt.Errorf("warning: %s", text))
}
