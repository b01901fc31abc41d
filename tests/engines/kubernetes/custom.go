package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/json"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

// customResources are the CustomResourceDefinitions of the engines, by the kind that they define.
type customResources map[schema.GroupVersionKind]*customResource

// customResource parses its schema when it is first needed: Argo's are megabytes.
type customResource struct {
	version    apiextensionsv1.CustomResourceDefinitionVersion
	structural *structuralschema.Structural
	validator  validation.SchemaCreateValidator
	rules      *cel.Validator
}

func loadCustomResources(folder string) (customResources, error) {
	custom := customResources{}
	if folder == "" {
		return custom, nil
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no CustomResourceDefinition in %s (%v)", folder, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var definition apiextensionsv1.CustomResourceDefinition
		if err := yaml.Unmarshal(text, &definition); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, version := range definition.Spec.Versions {
			gvk := schema.GroupVersionKind{Group: definition.Spec.Group, Version: version.Name, Kind: definition.Spec.Names.Kind}
			custom[gvk] = &customResource{version: version}
		}
	}
	return custom, nil
}

func (c *customResource) prepare() error {
	if c.structural != nil {
		return nil
	}
	var internal apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(c.version.Schema.OpenAPIV3Schema, &internal, nil); err != nil {
		return err
	}
	structural, err := structuralschema.NewStructural(&internal)
	if err != nil {
		return err
	}
	validator, _, err := validation.NewSchemaValidator(&internal)
	if err != nil {
		return err
	}
	c.structural, c.validator = structural, validator
	c.rules = cel.NewValidator(structural, true, celconfig.PerCallLimit)
	return nil
}

// check does what the API server does with a custom resource: unknown fields, defaults, schema, list types, CEL rules.
func (c *customResource) check(data []byte) (errs []error) {
	if err := c.prepare(); err != nil {
		return []error{err}
	}
	var object map[string]any
	if err := json.Unmarshal(data, &object); err != nil {
		return []error{err}
	}
	unknown := pruning.PruneWithOptions(object, c.structural, true, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	for _, path := range unknown {
		errs = append(errs, fmt.Errorf("unknown field %q", path))
	}
	defaulting.Default(object, c.structural)
	for _, err := range validation.ValidateCustomResource(nil, object, c.validator) {
		errs = append(errs, err)
	}
	for _, err := range objectmeta.Validate(nil, object, c.structural, true) {
		errs = append(errs, err)
	}
	for _, err := range listtype.ValidateListSetsAndMaps(nil, c.structural, object) {
		errs = append(errs, err)
	}
	if c.rules != nil {
		found, _ := c.rules.Validate(context.Background(), nil, c.structural, object, nil, celconfig.RuntimeCELCostBudget)
		for _, err := range found {
			errs = append(errs, err)
		}
	}
	return errs
}
