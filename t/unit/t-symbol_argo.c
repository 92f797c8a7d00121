/* lib/symbol/symbol_argo: applications, and where they come from. */
#include "unit.h"

#include "symbol_told.h"

static void
applications_have_sources(void **state)
{
	(void)state;
	assert_symbols("a.yaml",
	    "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
	    "metadata: {name: a}\nspec:\n  project: p\n  source:\n"
	    "    repoURL: https://h.org/o/r\n    path: charts/a\n"
	    "    targetRevision: HEAD\n    helm:\n"
	    "      ignoreMissingValueFiles: true\n      valueFiles:\n"
	    "      - values-prod.yaml\n      - /env/prod.yaml\n"
	    "  destination: {namespace: n}\n",
	    "1 k8s.object Application/a\n"
	    "1 Application/a> =k8s.api argoproj.io/v1alpha1=Application\n"
	    "1 Application/a> argo.app Application/a\n"
	    "8 Application/a> argo.source charts/a"
	    "=git:https://h.org/o/r?ref=HEAD + % ...\n"
	    "13 Application/a> argo.source charts/a/values-prod.yaml"
	    "=git:https://h.org/o/r?ref=HEAD ? % ...\n"
	    "14 Application/a> argo.source env/prod.yaml"
	    "=git:https://h.org/o/r?ref=HEAD ? % ...\n"
	    "5 Application/a> k8s.ref argo.app:AppProject/p ...\n"
	    "15 Application/a> k8s.namespace k8s.object:Namespace/n\n");
	assert_symbols("b.yaml",
	    "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
	    "metadata: {name: b}\nspec:\n  project: default\n  sources:\n"
	    "  - repoURL: https://c.org/charts\n    chart: redis\n"
	    "    targetRevision: 1.0.0\n    helm:\n"
	    "      valueFiles: [$v/b/values.yaml, inside.yaml]\n"
	    "  - {repoURL: \"https://h.org/r\", ref: v}\n"
	    "  destination: {namespace: n}\n"
	    "  syncPolicy: {syncOptions: [CreateNamespace=true]}\n",
	    "1 k8s.object Application/b\n"
	    "1 Application/b> =k8s.api argoproj.io/v1alpha1=Application\n"
	    "1 Application/b> argo.app Application/b\n"
	    "8 Application/b> argo.source "
	    "@helm:https://c.org/charts/redis=1.0.0\n"
	    "11 Application/b> argo.source b/values.yaml"
	    "=git:https://h.org/r % ...\n"
	    "13 Application/b> k8s.object Namespace/n\n");
}

static void
sets_have_generators(void **state)
{
	(void)state;
	assert_symbols("a.yaml",
	    "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\n"
	    "metadata: {name: s}\nspec:\n  generators:\n  - matrix:\n"
	    "      generators:\n      - git:\n"
	    "          repoURL: https://h.org/r\n          directories:\n"
	    "          - path: apps/*\n          - path: apps/old\n"
	    "            exclude: true\n      - git:\n"
	    "          repoURL: https://h.org/r\n"
	    "          files: [{path: env/**/c.json}]\n"
	    "  template:\n    metadata: {name: '{{path.basename}}'}\n"
	    "    spec:\n      project: default\n      source:\n"
	    "        repoURL: https://h.org/r\n"
	    "        path: 'apps/{{ name }}/x'\n",
	    "1 k8s.object ApplicationSet/s\n"
	    "1 ApplicationSet/s> =k8s.api "
	    "argoproj.io/v1alpha1=ApplicationSet\n"
	    "1 ApplicationSet/s> argo.app ApplicationSet/s\n"
	    "11 ApplicationSet/s> argo.source apps/*"
	    "=git:https://h.org/r ~ + % ...\n"
	    "16 ApplicationSet/s> argo.source env/**/c.json"
	    "=git:https://h.org/r ~ % ...\n"
	    "23 ApplicationSet/s> argo.source apps/*/x"
	    "=git:https://h.org/r ~ + % ...\n");
}

UNIT(symbol_argo)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(applications_have_sources),
		cmocka_unit_test(sets_have_generators),
	};

	return UNIT_RUN(tests);
}
