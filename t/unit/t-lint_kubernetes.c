/* lib/lint: Kubernetes, Helm and kustomize. */
#include "lint_told.h"

static void
what_a_template_or_the_cluster_adds_is_not_missing(void **state)
{
	(void)state;
	assert_check("", "k8s",
	    { "c/Chart.yaml", "name: c\nversion: 1.0.0\n", NULL },
	    { "c/templates/a.yaml",
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
		"data:\n{{ (.Files.Glob \"x/*\").AsConfig | indent 2 }}\n"
		"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: d}\n"
		"data:\n  {{- range $k, $v := .Values.x }}\n"
		"  {{ $k }}: {{ $v }}\n  {{- end }}\n  fixed: a\n"
		"---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
		"spec: {containers: [{name: p, image: p:1, env: ["
		"{name: A, valueFrom: {configMapKeyRef: {name: c, key: k}}}, "
		"{name: B, valueFrom: {configMapKeyRef: {name: d, key: k}}}"
		"]}]}\n",
		NULL });
	assert_check("", "k8s",
	    { "s.yaml",
		"apiVersion: apps/v1\nkind: StatefulSet\n"
		"metadata: {name: db}\nspec:\n"
		"  selector: {matchLabels: {app: db}}\n"
		"  template:\n    metadata: {labels: {app: db}}\n"
		"    spec: {containers: [{name: db, image: db:1}]}\n---\n"
		"apiVersion: v1\nkind: Service\nmetadata: {name: db-0}\n"
		"spec: {selector: {app: db, "
		"statefulset.kubernetes.io/pod-name: db-0}}\n",
		NULL });
}

/* A volume may name several keys of an object. */
static void
each_key_of_a_volume_is_looked_for(void **state)
{
	(void)state;
	assert_check("error k8s/key-missing a.yaml:12: the ConfigMap/c has no "
		     "key 'd'\n",
	    "k8s",
	    { "a.yaml",
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
		"data: {a: x, b: y, e: z}\n---\n"
		"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
		"  volumes:\n"
		"  - {name: v, configMap: {name: c, items: [{key: a}, {key: b}]}}\n"
		"  - {name: w, configMap: {name: c, items: [{key: d}, {key: e}]}}\n",
		NULL });
}

static void
old_charts_say_what_they_need_in_a_file_of_its_own(void **state)
{
	(void)state;
	assert_check("", "ansible", { "c/Chart.yaml", "name: c\n", NULL },
	    { "c/requirements.yaml",
		"dependencies:\n- name: s\n  version: 1.0.0\n"
		"  repository: https://x.example\n",
		NULL });
	assert_check("", "k8s", { "c/Chart.yaml", "name: c\n", NULL },
	    { "c/requirements.yaml",
		"dependencies:\n- name: s\n  version: 1.0.0\n"
		"  repository: https://x.example\n",
		NULL },
	    { "c/templates/p.yaml",
		"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
		"metadata: {name: p}\nspec:\n"
		"  podSelector: {matchLabels: {app: s}}\n",
		NULL });
	assert_check("", "k8s/role-ref",
	    { "b.yaml",
		"apiVersion: rbac.authorization.k8s.io/v1\n"
		"kind: RoleBinding\n"
		"metadata: {name: b, namespace: kube-system}\n"
		"roleRef: {kind: Role, "
		"name: extension-apiserver-authentication-reader}\n"
		"subjects: [{kind: ServiceAccount, "
		"name: horizontal-pod-autoscaler, namespace: kube-system}]\n",
		NULL });
}

static void
what_comes_from_elsewhere_may_be_patched(void **state)
{
	(void)state;
	assert_check(
	    "error kustomize/patch-target a/kustomization.yaml:3: the "
	    "object 'Deployment/d' is not defined in this repository\n"
	    "info kustomize/patch-target c/kustomization.yaml:3: the "
	    "object 'Deployment/e' is not defined in this repository\n",
	    "kustomize/patch-target",
	    { "a/kustomization.yaml",
		"resources: [s.yaml]\npatches:\n- target: {kind: Deployment, "
		"name: d}\n  path: p.yaml\n",
		NULL },
	    { "a/s.yaml",
		"apiVersion: v1\nkind: Service\n"
		"metadata: {name: s}\n",
		NULL },
	    { "a/p.yaml", "- {op: remove, path: /x}\n", NULL },
	    { "b/kustomization.yaml",
		"resources: ['https://example.org/x.yaml']\n", NULL },
	    { "c/kustomization.yaml",
		"resources: [../b]\npatches:\n- target: {kind: Deployment, "
		"name: e}\n  path: p.yaml\n",
		NULL },
	    { "c/p.yaml", "- {op: remove, path: /x}\n", NULL });
}

static void
charts_that_were_not_fetched_are_one_finding(void **state)
{
	(void)state;
	assert_check("warning helm/dependency c/Chart.yaml:3 c/Chart.yaml:6: "
		     "the charts 'aa' and 'bb' are not in c/charts/, so this "
		     "chart cannot be deployed offline; to store them: helm "
		     "dependency build c\n",
	    "helm/dependency",
	    { "c/Chart.yaml",
		"name: c\ndependencies:\n- name: aa\n  version: 1.0.0\n"
		"  repository: https://x.example\n- name: bb\n"
		"  version: 1.0.0\n  repository: https://x.example\n"
		"- name: cc\n  version: 1.0.0\n"
		"  repository: https://x.example\n",
		NULL },
	    { "c/charts/cc/Chart.yaml", "name: cc\n", NULL });
	assert_check("warning helm/dependency Chart.yaml:3: the chart 'aa' is "
		     "not in charts/, so this chart cannot be deployed "
		     "offline; to store it: helm dependency build .\n",
	    "helm/dependency",
	    { "Chart.yaml",
		"name: c\ndependencies:\n- name: aa\n  version: 1.0.0\n"
		"  repository: https://x.example\n",
		NULL },
	    { "values.yaml", "a: 1\n", NULL });
}

static void
versions_of_an_api_that_are_gone_are_named(void **state)
{
	(void)state;
	assert_check("info k8s/api-removed a.yaml:1: Kubernetes 1.25 and later "
		     "do not have CronJob of batch/v1beta1; it is now "
		     "batch/v1\n",
	    "k8s/api-removed",
	    { "a.yaml",
		"apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: "
		"a}\n",
		NULL });
	assert_check("", "k8s/api-removed",
	    { "a.yaml",
		"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\n",
		NULL },
	    { "c/Chart.yaml", "name: c\n", NULL },
	    { "c/templates/a.yaml",
		"{{- if .Capabilities }}\napiVersion: batch/v1\n{{- else }}\n"
		"apiVersion: batch/v1beta1\n{{- end }}\nkind: CronJob\n"
		"metadata: {name: b}\n",
		NULL });
}

#define CONFIG(name)                                                           \
	"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " name "}\n"

static void
a_kustomization_has_each_object_once(void **state)
{
	(void)state;
	assert_check("error kustomize/duplicate k/b.yaml:1: "
		     "'k/kustomization.yaml' has ConfigMap/x twice, here and "
		     "in line 1 of 'k/a.yaml'\n",
	    "kustomize/duplicate",
	    { "k/kustomization.yaml", "resources: [a.yaml, b.yaml]\n", NULL },
	    { "k/a.yaml", CONFIG("x"), NULL },
	    { "k/b.yaml", CONFIG("x"), NULL });
	assert_check("", "kustomize/duplicate",
	    { "k/kustomization.yaml", "resources: [a.yaml, b.yaml]\n", NULL },
	    { "k/a.yaml", CONFIG("x"), NULL },
	    { "k/b.yaml", CONFIG("y"), NULL },
	    { "l/kustomization.yaml", "resources: [c.yaml]\n", NULL },
	    { "l/c.yaml", CONFIG("x"), NULL });
}

/* An ExternalSecret and the Secret that it is to make are two objects. */
static void
what_an_object_makes_is_there_once(void **state)
{
	(void)state;
	assert_check("", "kustomize/duplicate",
	    { "k/kustomization.yaml", "resources: [a.yaml]\n", NULL },
	    { "k/a.yaml",
		"apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n---\n"
		"apiVersion: external-secrets.io/v1\nkind: ExternalSecret\n"
		"metadata: {name: s}\nspec: {target: {name: s}}\n",
		NULL });
}

#define ROUTE(name)                                                            \
	"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n"          \
	"metadata: {name: r}\nspec: {rules: [{backendRefs: [{name: " name      \
	", port: 80}]}]}\n"

static void
a_chart_from_elsewhere_may_make_what_is_missing(void **state)
{
	(void)state;
	assert_check("warning k8s/dangling-ingress c/r.yaml:4: the 'Service/x' "
		     "is not defined in this repository\n"
		     "info k8s/dangling-ingress a/r.yaml:4: the 'Service/web' "
		     "is not defined in this repository; a chart may make it\n"
		     "info k8s/dangling-ingress b/r.yaml:4: the "
		     "'Service/app-api' is not defined in this repository; a "
		     "chart may make it\n",
	    "k8s/dangling-ingress",
	    { "a/h.yaml",
		"apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
		"metadata: {name: app}\nspec: {chart: {spec: {chart: app, "
		"version: 1.0.0, sourceRef: {kind: HelmRepository, "
		"name: h}}}}\n",
		NULL },
	    { "a/r.yaml", ROUTE("web"), NULL },
	    { "b/r.yaml", ROUTE("app-api"), NULL },
	    { "c/r.yaml", ROUTE("x"), NULL });
}

static void
helpers_of_a_chart_read_values_too(void **state)
{
	(void)state;
	assert_check("info helm/value-unused c/values-prod.yaml:2: no template "
		     "reads 'other'\n",
	    "helm/value-unused", { "c/Chart.yaml", "name: c\n", NULL },
	    { "c/values.yaml", "name: x\nport: 1\n", NULL },
	    { "c/values-prod.yaml", "name: x\nother: y\n", "prod" },
	    { "c/templates/a.yaml", "port: {{ .Values.port }}\n", NULL },
	    { "c/templates/_helpers.tpl",
		"{{- define \"c.name\" -}}\n{{ .Values.name }}\n{{- end }}\n",
		NULL });
}

static void
values_of_a_needed_chart_are_read_there(void **state)
{
	(void)state;
	/* a slip of the hand; and a file for what the chart does not do */
	assert_check("warning helm/value-unused c/values-prod.yaml:2: no "
		     "template reads 'replcas'; the nearest name is "
		     "'replicas'\n"
		     "info helm/value-unused c/values-dev.yaml:1 "
		     "c/values-dev.yaml:3 c/values-dev.yaml:4 "
		     "c/values-dev.yaml:5: no template reads 'aa', 'bb', 'cc' "
		     "and others\n",
	    "helm/value-unused", { "c/Chart.yaml", "name: c\n", NULL },
	    { "c/values.yaml", "name: x\nreplicas: 1\n", NULL },
	    { "c/values-prod.yaml", "name: x\nreplcas: 3\n", "prod" },
	    { "c/values-dev.yaml", "aa: 1\nname: x\nbb: 1\ncc: 1\ndd: 1\n",
		"dev" },
	    { "c/templates/a.yaml",
		"name: {{ .Values.name }}\nn: {{ .Values.replicas }}\n",
		NULL });
	assert_check("info helm/value-unused c/values-prod.yaml:5: no template "
		     "reads 'other'\n",
	    "helm/value-unused",
	    { "c/Chart.yaml",
		"name: c\ndependencies:\n- name: mysql-cluster\n"
		"  version: 0.3.0\n  repository: https://x.org/charts\n"
		"  condition: db.enabled,x.y\n  alias: mysql\n",
		NULL },
	    { "c/values.yaml", "name: x\n", NULL },
	    { "c/values-prod.yaml",
		"mysql: {a: b}\ndb:\n  enabled: true\nmysql-cluster: {c: d}\n"
		"other: y\n",
		"prod" },
	    { "c/templates/a.yaml", "name: {{ .Values.name }}\n", NULL });
}

static void
a_kustomization_may_give_the_tag(void **state)
{
	static const char pod[] = "apiVersion: v1\nkind: Pod\nmetadata: {name: "
				  "a}\nspec: {containers: [{name: a, image: "
				  "r.example:5000/app}]}\n";

	(void)state;
	assert_check("", "image/unpinned", { "b/pod.yaml", pod, NULL },
	    { "b/kustomization.yaml",
		"resources: [pod.yaml]\nimages:\n- name: r.example:5000/app\n"
		"  newTag: \"1.2\"\n",
		NULL });
	assert_check("info image/unpinned b/pod.yaml:4: "
		     "'r.example:5000/app' has no tag, so each pull may get "
		     "another image\n",
	    "image/unpinned", { "b/pod.yaml", pod, NULL },
	    { "b/kustomization.yaml",
		"resources: [pod.yaml]\nimages:\n- name: other\n"
		"  newTag: \"1.2\"\n",
		NULL });
}

static void
a_policy_that_selects_no_pods_is_no_service(void **state)
{
	(void)state;
	assert_check("warning k8s/netpol net.yaml:6: a pod template with the "
		     "labels 'app=wbe' is not defined in this repository\n",
	    "k8s",
	    { "net.yaml",
		"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
		"metadata: {name: n}\nspec:\n podSelector:\n"
		"  matchLabels: {app: wbe}\n policyTypes: [Ingress]\n",
		NULL });
	assert_check("", "k8s",
	    { "net.yaml",
		"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
		"metadata: {name: n}\nspec:\n podSelector: {}\n",
		NULL });
}

static void
a_custom_kind_needs_its_definition(void **state)
{
	(void)state;
	assert_check("info k8s/crd a.yaml:1: nothing in this repository "
		     "defines the kinds of acme.example, such as Widget\n",
	    "k8s/crd",
	    { "a.yaml",
		"apiVersion: acme.example/v1\nkind: Widget\nmetadata: {name: "
		"w}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: "
		"{name: d}\n---\napiVersion: rbac.authorization.k8s.io/v1\n"
		"kind: Role\nmetadata: {name: r}\n",
		NULL });
	assert_check("", "k8s/crd",
	    { "a.yaml",
		"apiVersion: acme.example/v1\nkind: Widget\nmetadata: {name: "
		"w}\n",
		NULL },
	    { "crd.yaml",
		"apiVersion: apiextensions.k8s.io/v1\n"
		"kind: CustomResourceDefinition\nmetadata: {name: "
		"widgets.acme.example}\nspec:\n  group: acme.example\n"
		"  names: {kind: Widget}\n",
		NULL });
	assert_check("", "k8s/crd",
	    { "a.yaml",
		"apiVersion: cert-manager.io/v1\nkind: Issuer\nmetadata: "
		"{name: w}\n",
		NULL },
	    { "kustomization.yaml",
		"resources:\n- a.yaml\n- https://github.com/cert-manager/"
		"cert-manager/releases/download/v1/cert-manager.yaml\n",
		NULL });
}

UNIT(lint_kubernetes)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_a_template_or_the_cluster_adds_is_not_missing),
		cmocka_unit_test(each_key_of_a_volume_is_looked_for),
		cmocka_unit_test(
		    old_charts_say_what_they_need_in_a_file_of_its_own),
		cmocka_unit_test(what_comes_from_elsewhere_may_be_patched),
		cmocka_unit_test(charts_that_were_not_fetched_are_one_finding),
		cmocka_unit_test(versions_of_an_api_that_are_gone_are_named),
		cmocka_unit_test(a_kustomization_has_each_object_once),
		cmocka_unit_test(what_an_object_makes_is_there_once),
		cmocka_unit_test(
		    a_chart_from_elsewhere_may_make_what_is_missing),
		cmocka_unit_test(helpers_of_a_chart_read_values_too),
		cmocka_unit_test(values_of_a_needed_chart_are_read_there),
		cmocka_unit_test(a_kustomization_may_give_the_tag),
		cmocka_unit_test(a_policy_that_selects_no_pods_is_no_service),
		cmocka_unit_test(a_custom_kind_needs_its_definition),
	};

	return UNIT_RUN(tests);
}
