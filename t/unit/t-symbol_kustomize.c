/* lib/symbol/symbol_kustomize: what is put together, patched and made. */
#include "unit.h"

#include "symbol_told.h"

static void
resources_are_paths_or_addresses(void **state)
{
	(void)state;
	assert_symbols("a/kustomization.yaml",
	    "apiVersion: kustomize.config.k8s.io/v1beta1\n"
	    "kind: Kustomization\nresources:\n- ../base\n- ./a.yaml\n"
	    "- github.com/o/r//d?ref=v1\n- https://h.org/x.yaml\n"
	    "components: [../c]\ncrds: [crd.yaml]\nopenapi: {path: o.json}\n",
	    "1 kustomize.root .\n"
	    "4 .> kustomize.resource ../base +\n"
	    "5 .> kustomize.resource a.yaml\n"
	    "6 .> kustomize.resource @git:github.com/o/r//d=v1\n"
	    "7 .> kustomize.resource @https://h.org/x.yaml\n"
	    "8 .> kustomize.resource ../c +\n"
	    "9 .> kustomize.resource crd.yaml\n"
	    "10 .> kustomize.resource o.json\n");
}

static void
patches_have_files_and_targets(void **state)
{
	(void)state;
	assert_symbols("kustomization.yml",
	    "patches:\n- path: p.yaml\n"
	    "  target: {kind: Deployment, name: web}\n"
	    "- target: {kind: Service, name: \"w.*\"}\n"
	    "  patch: |-\n    - op: remove\n"
	    "- patch: |\n    kind: ConfigMap\n    metadata:\n"
	    "      name: c\n"
	    "- bare.yaml\n"
	    "patchesStrategicMerge:\n- old.yaml\n- |-\n"
	    "  kind: Secret\n  metadata: {name: s, namespace: n}\n"
	    "patchesJson6902:\n- path: j.json\n  target: {name: a|b}\n"
	    "replacements:\n- source: {kind: Service, name: x}\n"
	    "  targets:\n  - select: {kind: Job}\n",
	    "1 kustomize.root .\n"
	    "2 .> kustomize.patch p.yaml\n"
	    "3 .> kustomize.patch_target k8s.object:Deployment/web\n"
	    "4 .> kustomize.patch_target k8s.object:Service/w* ~\n"
	    "10 .> kustomize.patch_target k8s.object:ConfigMap/c\n"
	    "11 .> kustomize.patch bare.yaml\n"
	    "13 .> kustomize.patch old.yaml\n"
	    "16 .> kustomize.patch_target k8s.object:Secret/s[n]\n"
	    "18 .> kustomize.patch j.json\n"
	    "19 .> kustomize.patch_target k8s.object:*/* ~\n"
	    "21 .> kustomize.patch_target k8s.object:Service/x\n"
	    "23 .> kustomize.patch_target k8s.object:Job/* ~\n");
}

static void
generators_make_objects(void **state)
{
	(void)state;
	assert_symbols("kustomization.yaml",
	    "configMapGenerator:\n- name: c\n  files:\n  - d/a.conf\n"
	    "  - b.conf=x/y.conf\n  literals:\n  - K=image\n"
	    "secretGenerator:\n- name: s\n  namespace: n\n"
	    "  envs: [s.env]\n- name: t\n  behavior: merge\n",
	    "1 kustomize.root .\n"
	    "2 .> k8s.object ConfigMap/c\n"
	    "7 .> k8s.key ConfigMap/c#K\n"
	    "4 .> k8s.key ConfigMap/c#a.conf\n"
	    "4 .> kustomize.resource d/a.conf\n"
	    "5 .> k8s.key ConfigMap/c#b.conf\n"
	    "5 .> kustomize.resource x/y.conf\n"
	    "9 .> k8s.object Secret/s[n]\n"
	    "9 .> k8s.key Secret/s#*[n] ~\n"
	    "11 .> kustomize.resource s.env\n"
	    "12 .> kustomize.patch_target k8s.object:Secret/t\n");
}

static void
names_and_images_are_changed(void **state)
{
	(void)state;
	assert_symbols("kustomization.yaml",
	    "namespace: prod\nnamePrefix: p-\nnameSuffix: -s\nimages:\n"
	    "- name: nginx\n  newTag: \"1.2\"\n"
	    "- name: app\n  newName: h/app\n  digest: sha256:aa\n"
	    "helmCharts:\n- name: c\n  repo: https://u:p@h.org/\n"
	    "  version: 1.0.0\n  valuesFile: v.yaml\n- name: local\n",
	    "1 kustomize.root .\n"
	    "1 .> =kustomize.namespace prod\n"
	    "1 .> k8s.namespace k8s.object:Namespace/prod\n"
	    "2 .> =kustomize.prefix p-\n"
	    "3 .> =kustomize.suffix -s\n"
	    "5 .> =kustomize.image nginx=nginx:1.2\n"
	    "5 .> k8s.image @image:nginx=1.2\n"
	    "7 .> =kustomize.image app=h/app@sha256:aa\n"
	    "7 .> k8s.image @image:h/app=@sha256:aa\n"
	    "11 .> helm.chart @helm:https://h.org/c=1.0.0\n"
	    "14 .> kustomize.resource v.yaml\n"
	    "15 .> helm.chart charts/local +\n");
}

UNIT(symbol_kustomize)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resources_are_paths_or_addresses),
		cmocka_unit_test(patches_have_files_and_targets),
		cmocka_unit_test(generators_make_objects),
		cmocka_unit_test(names_and_images_are_changed),
	};

	return UNIT_RUN(tests);
}
