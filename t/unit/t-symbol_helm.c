/* lib/symbol/symbol_helm: charts, what they depend on, and values. */
#include "unit.h"

#include "symbol_told.h"

static void
charts_have_dependencies(void **state)
{
	(void)state;
	assert_symbols("c/Chart.yaml",
	    "apiVersion: v2\nname: shop\nversion: 1.2.3\ndependencies:\n"
	    "- name: redis\n  version: ^18\n  repository: https://u:p@h.org/x/\n"
	    "  condition: redis.enabled,global.redis\n"
	    "- name: common\n  repository: file://../common\n"
	    "- name: db\n  alias: store\n  repository: \"\"\n"
	    "- name: o\n  version: 1.0.0\n  repository: oci://r.io/charts\n",
	    "2 helm.chart shop=1.2.3\n"
	    "5 shop> helm.dependency @helm:https://h.org/x/redis[redis]=^18\n"
	    "8 shop> helm.value helm.value:redis.enabled ?\n"
	    "9 shop> helm.dependency ../common[common] +\n"
	    "11 shop> helm.dependency charts/db[store] +\n"
	    "14 shop> helm.dependency @helm:oci://r.io/charts/o[o]=1.0.0\n");
	assert_symbols("c/Chart.lock",
	    "dependencies:\n- name: redis\n  repository: https://h.org/x\n"
	    "  version: 18.1.0\ndigest: sha256:aa\n",
	    "2 =helm.locked redis[https://h.org/x]=18.1.0\n");
}

static void
values_are_keys(void **state)
{
	(void)state;
	assert_symbols("c/values-prod.yaml",
	    "a:\n  b: 1\n  c: {}\n  d:\n  - x: 1\n\"e.f\": null\n",
	    "2 helm.value a.b\n"
	    "3 helm.value a.c\n"
	    "4 helm.value a.d\n"
	    "6 helm.value e.f\n");
}

UNIT(symbol_helm)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(charts_have_dependencies),
		cmocka_unit_test(values_are_keys),
	};

	return UNIT_RUN(tests);
}
