/* lib/doc/doc_template: YAML around templates, and variables in texts. */
#include "unit.h"

#include <stdlib.h>

#include "base/err.h"
#include "doc_told.h"

static void
the_structure_around_templates_is_kept(void **state)
{
	static const struct doc_row rows[] = {
		{ "{{- if .Values.on }}\na: b\n{{- end }}\nc: d\n",
		    "a=b c=d " },
		{ "a: {{ .Values.x }}-{{ $.Values.y.z | default \"q}}\" }}\n",
		    "a=~{{ .Values.x }}-{{ $.Values.y.z | default \"q}}\" }} "
		    "<{{ .Values.x }}> <.Values.x> "
		    "<{{ $.Values.y.z | default \"q}}\" }}> <$.Values.y.z> " },
		{ "a: \"{{ .b }}: c\"\n{{ .k }}: v\n",
		    "a=~{{ .b }}: c <{{ .b }}> <.b> [\"{{ .k }}\"]=v " },
		{ "m:\n  labels: {{- include \"x\" . | nindent 4 }}\n    t: w\n"
		  "  n: 1\n",
		    "m.labels.t=w m.n=1:int " },
		{ "m:\n  l: {{ .x }}\n  n: 1\n",
		    "m.l=~{{ .x }} <{{ .x }}> <.x> m.n=1:int " },
		{ "a:\n  {{- toYaml . | nindent 2 }}\nb: 1\n",
		    "a=:null b=1:int " },
		{ "- {% if x %}\n- name: \"{{ y }}\"\n{# c\n c #}\n- z\n",
		    "[0]=~{% if x %} <{% if x %}> [1].name=~{{ y }} <{{ y }}> "
		    "[2]=z " },
		{ "a: {{/* c\n c */}}\nb: 1\n",
		    "a=~{{/* c c */}} "
		    "<{{/* c\n c */}}> b=1:int " },
		{ "a: {{ open\nb: 1\n", "a={ !2:2 " },
	};

	(void)state;
	assert_docs(GV_DOC_FORMAT_TEMPLATE, rows, DOC_COUNT(rows));
}

/* Each of them is looked for to the end of the text. */
static void
templates_without_end_take_linear_time(void **state)
{
	char *text = doc_repeat("", "{{ ", 300000, "");
	struct gv_doc d;

	(void)state;
	assert_int_equal(
	    gv_doc_read(&d, GV_DOC_FORMAT_TEMPLATE, text, strlen(text), NULL),
	    0);
	assert_int_equal(gv_doc_check(&d), GV_EREFUSED);
	gv_doc_release(&d);
	free(text);
}

static void
variables_of_compose_are_references(void **state)
{
	static const struct doc_row rows[] = {
		{ "services:\n  web:\n    image: app:${TAG:-1}\n"
		  "    ports: [\"$PORT:80\"]\n    cost: $$5 $\n",
		    "services.web.image=~app:${TAG:-1} <TAG> "
		    "services.web.ports[0]=~$PORT:80 <PORT> "
		    "services.web.cost=$$5 $ " },
	};

	(void)state;
	assert_docs(GV_DOC_FORMAT_COMPOSE, rows, DOC_COUNT(rows));
}

UNIT(doc_template)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_structure_around_templates_is_kept),
		cmocka_unit_test(templates_without_end_take_linear_time),
		cmocka_unit_test(variables_of_compose_are_references),
	};

	return UNIT_RUN(tests);
}
