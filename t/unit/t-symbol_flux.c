/* lib/symbol/symbol_flux: sources, and what is applied from them. */
#include "unit.h"

#include "symbol_told.h"

static void
sources_have_addresses(void **state)
{
	(void)state;
	assert_symbols("a.yaml",
	    "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\n"
	    "metadata: {name: g}\nspec:\n  url: https://me:t@h.org/o/r\n"
	    "  ref: {branch: main, tag: v1}\n  secretRef: {name: s}\n"
	    "---\napiVersion: source.toolkit.fluxcd.io/v1\n"
	    "kind: OCIRepository\nmetadata: {name: o}\n"
	    "spec: {url: \"oci://r.io/c\", ref: {tag: 1.2.3}}\n",
	    "1 k8s.object GitRepository/g\n"
	    "1 GitRepository/g> =k8s.api "
	    "source.toolkit.fluxcd.io/v1=GitRepository\n"
	    "1 GitRepository/g> flux.object GitRepository/g\n"
	    "5 GitRepository/g> flux.source @git:https://h.org/o/r=v1\n"
	    "7 GitRepository/g> k8s.secret k8s.object:Secret/s\n"
	    "9 k8s.object OCIRepository/o\n"
	    "9 OCIRepository/o> =k8s.api "
	    "source.toolkit.fluxcd.io/v1=OCIRepository\n"
	    "9 OCIRepository/o> flux.object OCIRepository/o\n"
	    "12 OCIRepository/o> flux.source @oci:r.io/c=1.2.3\n");
}

static void
kustomizations_apply_paths_in_order(void **state)
{
	(void)state;
	assert_symbols("clusters/kustomization.yaml",
	    "apiVersion: kustomize.toolkit.fluxcd.io/v1\n"
	    "kind: Kustomization\nmetadata: {name: a, namespace: n}\nspec:\n"
	    "  path: ./apps/prod\n  components: [../../c]\n"
	    "  sourceRef: {kind: GitRepository, name: flux-system}\n"
	    "  dependsOn:\n  - name: infra\n    namespace: m\n"
	    "  postBuild:\n    substituteFrom:\n"
	    "    - {kind: Secret, name: v, optional: true}\n"
	    "  healthChecks:\n  - {kind: HelmRelease, name: h}\n",
	    "1 k8s.object Kustomization/a[n]\n"
	    "1 Kustomization/a> =k8s.api "
	    "kustomize.toolkit.fluxcd.io/v1=Kustomization\n"
	    "3 Kustomization/a> k8s.namespace k8s.object:Namespace/n\n"
	    "1 Kustomization/a> flux.object Kustomization/a[n]\n"
	    "5 Kustomization/a> flux.path apps/prod"
	    "=GitRepository/flux-system + %\n"
	    "7 Kustomization/a> flux.source "
	    "flux.object:GitRepository/flux-system[n]\n"
	    "6 Kustomization/a> flux.path apps/prod/../../c"
	    "=GitRepository/flux-system + %\n"
	    "9 Kustomization/a> flux.depends_on "
	    "flux.object:Kustomization/infra[m]\n"
	    "13 Kustomization/a> k8s.secret k8s.object:Secret/v[n] ?\n"
	    "15 Kustomization/a> k8s.ref k8s.object:HelmRelease/h[n] ...\n");
}

static void
releases_have_charts_and_values(void **state)
{
	(void)state;
	assert_symbols("a.yaml",
	    "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
	    "metadata: {name: p}\nspec:\n  chart:\n    spec:\n"
	    "      chart: podinfo\n      version: \">=1\"\n"
	    "      sourceRef: {kind: HelmRepository, name: h}\n"
	    "  install: {createNamespace: true}\n  targetNamespace: t\n"
	    "  valuesFrom:\n  - {kind: ConfigMap, name: c, valuesKey: k}\n"
	    "  values:\n    x:\n      envFrom:\n"
	    "      - secretRef: {name: s}\n"
	    "---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
	    "metadata: {name: q}\nspec:\n"
	    "  chartRef: {kind: OCIRepository, name: app}\n"
	    "  dependsOn: [{name: p}]\n",
	    "1 k8s.object HelmRelease/p\n"
	    "1 HelmRelease/p> =k8s.api "
	    "helm.toolkit.fluxcd.io/v2=HelmRelease\n"
	    "1 HelmRelease/p> flux.object HelmRelease/p\n"
	    "7 HelmRelease/p> helm.chart @helm:h/podinfo=>=1\n"
	    "9 HelmRelease/p> flux.source flux.object:HelmRepository/h\n"
	    "13 HelmRelease/p> k8s.config k8s.object:ConfigMap/c=k\n"
	    "11 HelmRelease/p> k8s.object Namespace/t\n"
	    "17 HelmRelease/p> k8s.secret k8s.object:Secret/s\n"
	    "19 k8s.object HelmRelease/q\n"
	    "19 HelmRelease/q> =k8s.api "
	    "helm.toolkit.fluxcd.io/v2=HelmRelease\n"
	    "19 HelmRelease/q> flux.object HelmRelease/q\n"
	    "23 HelmRelease/q> helm.chart flux.object:OCIRepository/app\n"
	    "24 HelmRelease/q> flux.depends_on flux.object:HelmRelease/p\n");
}

static void
artifacts_are_put_together(void **state)
{
	(void)state;
	assert_symbols("a.yaml",
	    "apiVersion: source.extensions.fluxcd.io/v1beta1\n"
	    "kind: ArtifactGenerator\nmetadata: {name: g}\nspec:\n"
	    "  sources:\n"
	    "  - {alias: m, kind: GitRepository, name: flux-system}\n"
	    "  artifacts:\n  - name: apps\n    copy:\n"
	    "    - {from: \"@m/apps/base/**\", to: \"@artifact/\"}\n",
	    "1 k8s.object ArtifactGenerator/g\n"
	    "1 ArtifactGenerator/g> =k8s.api "
	    "source.extensions.fluxcd.io/v1beta1=ArtifactGenerator\n"
	    "1 ArtifactGenerator/g> flux.object ArtifactGenerator/g\n"
	    "6 ArtifactGenerator/g> flux.source "
	    "flux.object:GitRepository/flux-system\n"
	    "8 ArtifactGenerator/g> flux.object ExternalArtifact/apps\n"
	    "10 ArtifactGenerator/g> flux.path apps/base + % ...\n");
}

static void
substitutions_are_patterns(void **state)
{
	(void)state;
	assert_symbols("a.yaml",
	    "apiVersion: v1\nkind: Secret\nmetadata:\n"
	    "  name: \"${APP}-x\"\n  namespace: ${NS:=default}\n",
	    "1 k8s.object Secret/*-x ~\n"
	    "1 Secret/*-x> =k8s.api v1=Secret\n");
}

UNIT(symbol_flux)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sources_have_addresses),
		cmocka_unit_test(kustomizations_apply_paths_in_order),
		cmocka_unit_test(releases_have_charts_and_values),
		cmocka_unit_test(artifacts_are_put_together),
		cmocka_unit_test(substitutions_are_patterns),
	};

	return UNIT_RUN(tests);
}
