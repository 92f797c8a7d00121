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

static void
templates_read_values(void **state)
{
	(void)state;
	assert_symbols("c/templates/_h.tpl",
	    "{{/* .Values.not.this */}}\n{{- define \"c.name\" -}}\n"
	    "{{- default .Chart.Name .Values.name | trunc 63 -}}\n"
	    "{{- end }}\n{{ $.Values.a.b }} {{ $root.Values.c }}\n"
	    "{{ if .Values.d.e }}{{ .Values.f }}{{ end }}\n"
	    "{{ index .Values \"g\" \"h-i\" }} {{ toYaml .Values.j }}\n"
	    "{{ required \"k is needed\" .Values.k }} {{ \"{{\" }}\n"
	    "{{- with .Values.l }}{{ . }}{{ end }}{{ .Values.m }}\n"
	    "{{ toYaml .Values }}\n",
	    "2 helm.template c.name\n"
	    "3 c.name> helm.value helm.value:name ?\n"
	    "5 helm.value helm.value:a.b\n"
	    "5 helm.value helm.value:c\n"
	    "6 helm.value helm.value:d.e ?\n"
	    "6 helm.value helm.value:f ?\n"
	    "7 helm.value helm.value:g.h-i\n"
	    "7 helm.value helm.value:j ?\n"
	    "8 helm.value helm.value:k\n"
	    "9 helm.value helm.value:l ?\n"
	    "9 helm.value helm.value:m\n"
	    "10 helm.value helm.value:* ~ ?\n");
}

static void
templates_include_others_and_files(void **state)
{
	(void)state;
	assert_symbols("c/templates/NOTES.txt",
	    "{{ include \"c.name\" . }} {{ template \"c.t\" . }}\n"
	    "{{ include (printf \"%s.labels\" .Chart.Name) . }}\n"
	    "{{ include (print $.Template.BasePath \"/cm.yaml\") . "
	    "| sha256sum }}\n"
	    "{{ .Files.Get \"files/a.conf\" }}\n"
	    "{{ (.Files.Glob \"files/*.json\").AsConfig }}\n"
	    "{{ .Files.Get .Values.file }} {{ printf \"%s\" .x }}\n",
	    "1 helm.template helm.template:c.name\n"
	    "1 helm.template helm.template:c.t\n"
	    "2 helm.template helm.template:*.labels ~\n"
	    "3 helm.template ^templates/cm.yaml\n"
	    "4 helm.file ^files/a.conf\n"
	    "5 helm.file ^files/*.json ~\n"
	    "6 helm.value helm.value:file\n");
}

static void
templates_that_do_not_end_are_left(void **state)
{
	(void)state;
	assert_symbols("c/templates/x.tpl", "{{ .Values.a", "");
	assert_symbols("c/templates/x.tpl", "{{ \"}} .Values.a }}", "");
	assert_symbols("c/templates/x.tpl", "{{ end }}{{ end }}{{", "");
	assert_symbols("c/templates/x.tpl", "{{", "");
}

UNIT(symbol_helm)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(charts_have_dependencies),
		cmocka_unit_test(values_are_keys),
		cmocka_unit_test(templates_read_values),
		cmocka_unit_test(templates_include_others_and_files),
		cmocka_unit_test(templates_that_do_not_end_are_left),
	};

	return UNIT_RUN(tests);
}
