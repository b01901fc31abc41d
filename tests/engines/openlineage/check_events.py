"""Checks `etlc lineage --as openlineage` of the examples against OpenLineage's own client: its classes, which are written from the published schemas,
must have each key of each event and facet, nothing that they require may be missing, and names must be those that its naming rules give.

    check_events.py ETLC ROOT

ROOT is the repository. The check proves first that it can fail.
"""

import copy
import json
import subprocess
import sys
import types
import typing
from pathlib import Path
from urllib.parse import urlparse

import attr
from openlineage.client.generated import (
    base,
    column_lineage_dataset,
    documentation_dataset,
    documentation_job,
    job_type_job,
    ownership_dataset,
    ownership_job,
    schema_dataset,
    source_code_location_job,
)
from openlineage.client.naming import dataset as naming

EVENTS = {"DatasetEvent": base.DatasetEvent, "JobEvent": base.JobEvent}
FACETS = {
    "dataset": {
        "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet,
        "documentation": documentation_dataset.DocumentationDatasetFacet,
        "ownership": ownership_dataset.OwnershipDatasetFacet,
        "schema": schema_dataset.SchemaDatasetFacet,
    },
    "job": {
        "documentation": documentation_job.DocumentationJobFacet,
        "jobType": job_type_job.JobTypeJobFacet,
        "ownership": ownership_job.OwnershipJobFacet,
        "sourceCodeLocation": source_code_location_job.SourceCodeLocationJobFacet,
    },
}
PATHS = {"s3": (naming.S3, "key"), "gs": (naming.GCS, "key"), "file": (naming.LocalFileSystem, "path")}


def check(kind, value, place):
    """What is wrong with a value that should be of a type."""
    origin = typing.get_origin(kind)
    if kind is typing.Any:
        return
    if origin in (types.UnionType, typing.Union):
        faults = [list(check(one, value, place)) for one in typing.get_args(kind)]
        if all(faults):
            yield from faults[0]
    elif kind is type(None):
        if value is not None:
            yield f"{place}: {value!r} in place of nothing"
    elif attr.has(kind):
        yield from check_object(kind, value, place)
    elif origin in (list, dict):
        if not isinstance(value, origin):
            yield f"{place}: {type(value).__name__} in place of {origin.__name__}"
            return
        inner = typing.get_args(kind)[-1]
        for key, item in enumerate(value) if origin is list else value.items():
            yield from check(inner, item, f"{place}/{key}")
    elif not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        yield f"{place}: {value!r} in place of {kind.__name__}"


def check_object(kind, value, place):
    if not isinstance(value, dict):
        yield f"{place}: {value!r} in place of {kind.__name__}"
        return
    fields = {field.name: field for field in attr.fields(kind)}
    hints = typing.get_type_hints(kind)
    for name in value.keys() - fields.keys():
        yield f"{place}: {kind.__name__} has no `{name}`"
    for name, field in fields.items():
        required = field.default is attr.NOTHING or name in ("_producer", "_schemaURL", "producer", "schemaURL")
        if name not in value:
            if required:
                yield f"{place}: no `{name}`"
        elif name == "facets":
            yield from check_facets("job" if kind is base.Job else "dataset", value[name], f"{place}/facets")
        elif name.endswith("schemaURL") or name.endswith("_schemaURL"):
            if value[name] != kind._get_schema():
                yield f"{place}: schema {value[name]} in place of {kind._get_schema()}"
        else:
            yield from check(hints[name], value[name], f"{place}/{name}")


def check_facets(of, facets, place):
    for name, facet in facets.items():
        if name in FACETS[of]:
            yield from check_object(FACETS[of][name], facet, f"{place}/{name}")
        else:
            yield f"{place}: no facet `{name}` of a {of}"


def check_names(dataset, place):
    namespace, name = dataset["namespace"], dataset["name"]
    if not namespace.strip() or not name.strip():
        yield f"{place}: an empty name"
    url = urlparse(namespace if "://" in namespace or ":" in namespace else f"{namespace}:")
    if url.scheme in PATHS and ("://" in namespace or namespace == "file"):
        kind, what = PATHS[url.scheme]
        wanted = kind(name) if what == "path" else kind(url.netloc, name)
        if (wanted.get_namespace(), wanted.get_name()) != (namespace, name):
            yield f"{place}: {namespace} {name} in place of {wanted.get_namespace()} {wanted.get_name()}"
        if what == "key" and name.startswith("/") and name != "/":
            yield f"{place}: a key with a slash before it: {name}"


def datasets(event):
    if "dataset" in event:
        yield event["dataset"]
    for dataset in event.get("inputs", []) + event.get("outputs", []):
        yield dataset
        lineage = dataset.get("facets", {}).get("columnLineage", {})
        yield from lineage.get("dataset", [])
        for field in lineage.get("fields", {}).values():
            yield from field.get("inputFields", [])


def check_event(event, place):
    name = str(event.get("schemaURL", "")).rsplit("/", 1)[-1]
    if name not in EVENTS:
        yield f"{place}: no event `{name}`"
        return
    faults = list(check_object(EVENTS[name], event, place))
    yield from faults
    try:
        base.BaseEvent(eventTime=event.get("eventTime", ""), producer=event.get("producer", ""))
        if "t" not in event.get("eventTime", "").lower():
            raise ValueError("no time")
    except (ValueError, TypeError) as error:
        yield f"{place}: {error}"
    if not urlparse(event.get("producer", "")).netloc:
        yield f"{place}: the producer is no address"
    for dataset in [] if faults else datasets(event):
        yield from check_names({"namespace": "", "name": "", **dataset}, place)


def check_all(events, place):
    faults = [fault for number, event in enumerate(events) for fault in check_event(event, f"{place}:{number + 1}")]
    if faults:
        return faults
    known = {(one["dataset"].get("namespace"), one["dataset"].get("name")) for one in events if "dataset" in one}
    for event in events:
        for dataset in datasets(event):
            if (dataset.get("namespace"), dataset.get("name")) not in known:
                faults.append(f"{place}: no event tells of {dataset.get('namespace')} {dataset.get('name')}")
    return faults


def export(etlc, folder):
    command = [etlc, "lineage", "--as", "openlineage", "--time", "2026-01-31T06:00:00Z", "--source", "https://github.com/acme/etl/blob/main"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in result.stdout.splitlines()]


def selftest(good):
    """Each change must be found."""
    job = next(number for number, event in enumerate(good) if event.get("outputs") and event["inputs"])
    with_columns = next(
        number for number, event in enumerate(good) if any(one["facets"].get("columnLineage", {}).get("fields") for one in event.get("outputs", []))
    )
    data = next(number for number, event in enumerate(good) if event.get("dataset", {}).get("facets", {}).get("schema"))

    def lineage(event):
        return next(one for one in event["outputs"] if one["facets"].get("columnLineage", {}).get("fields"))["facets"]["columnLineage"]

    changes = [
        (data, lambda event: event.pop("producer")),
        (data, lambda event: event.update(producer="etlc")),
        (data, lambda event: event.update(eventTime="2026-01-31")),
        (data, lambda event: event.update(schemaURL=event["schemaURL"].replace("2-0-2", "2-0-1"))),
        (data, lambda event: event.update(more=1)),
        (data, lambda event: event["dataset"].pop("name")),
        (data, lambda event: event["dataset"].update(name="other")),
        (data, lambda event: event["dataset"]["facets"].update(shema={})),
        (data, lambda event: event["dataset"]["facets"]["schema"].pop("_producer")),
        (data, lambda event: event["dataset"]["facets"]["schema"].update(_schemaURL="https://openlineage.io/spec/facets/1-0-0/SchemaDatasetFacet.json")),
        (data, lambda event: event["dataset"]["facets"]["schema"]["fields"][0].pop("name")),
        (data, lambda event: event["dataset"]["facets"]["schema"]["fields"][0].update(type=1)),
        (job, lambda event: event["job"].pop("namespace")),
        (job, lambda event: event["job"]["facets"]["jobType"].pop("processingType")),
        (job, lambda event: event["job"]["facets"]["sourceCodeLocation"].pop("url")),
        (job, lambda event: event["job"]["facets"]["ownership"].update(owners=[{"type": "x"}])),
        (job, lambda event: event["inputs"][0].update(name="nobody.knows")),
        (job, lambda event: event.update(outputs={})),
        (with_columns, lambda event: next(iter(lineage(event)["fields"].values())).pop("inputFields")),
        (with_columns, lambda event: next(iter(lineage(event)["fields"].values()))["inputFields"][0].pop("field")),
        (with_columns, lambda event: next(iter(lineage(event)["fields"].values()))["inputFields"][0]["transformations"][0].pop("type")),
    ]
    for number, (at, change) in enumerate(changes):
        changed = copy.deepcopy(good)
        change(changed[at])
        if not check_all(changed, "changed"):
            sys.exit(f"self-test: change {number} of a good event is not found")
    return len(changes)


def main():
    etlc, root = sys.argv[1:]
    faults, n_events = [], 0
    for folder in sorted(path.parent for path in Path(root, "examples").glob("*/etlc.yaml")):
        events = export(etlc, folder)
        faults += check_all(events, folder.name)
        n_events += len(events)
        if folder.name == "orders_mart" and not faults:
            n_changes = selftest(events)
    for fault in faults:
        print(fault)
    if faults:
        sys.exit(1)
    print(f"{n_changes} faults were found, {n_events} events are as OpenLineage reads them")


main()
