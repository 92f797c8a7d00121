/*
 * Any bytes as a schema and a value, of JSON or YAML, with a zero byte between
 * them: every check ends, both ways of checking agree, and each finding has a
 * place, a text and a schema.
 */
#include "fuzz.h"

#include "base/buf.h"
#include "base/err.h"
#include "schema/schema.h"

#define STEPS  20000
#define DRAFTS (GV_SCHEMA_KUBERNETES + 1)

static void
look(const struct gv_schema *s, const struct gv_instance *in)
{
	struct gv_schema_report report;
	enum gv_schema_verdict quick;
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	must(gv_schema_check(s, in, &report) == 0);
	must(gv_schema_judge(s, in, &quick) == 0);
	must(quick == report.verdict);
	must((report.n > 0) == (quick != GV_SCHEMA_VALID));
	must(report.n <= GV_SCHEMA_FINDINGS_MAX);
	for (i = 0; i < report.n; i++) {
		const struct gv_schema_finding *f = &report.findings[i];

		must(f->node < in->n && *f->text);
		must(f->at < gv_schema_document(s, f->document)->n);
		must(f->because == GV_DOC_NONE ||
		    (f->because > i && f->because < report.n));
		if (i > 8)
			continue;
		gv_buf_reset(&b);
		gv_schema_write(&b, s, in, f);
		must(gv_buf_check(&b) == 0 && b.len > 0);
	}
	gv_buf_release(&b);
	gv_schema_report_release(&report);
}

static void
look_at_problems(const struct gv_schema *s)
{
	struct gv_schema_report report;

	must(gv_schema_problems(s, 0, &report) == 0);
	gv_schema_report_release(&report);
}

static void
try(const struct gv_doc *own, const struct gv_doc *doc, unsigned first)
{
	const struct gv_schema_opts opts = { .draft = (enum gv_schema_draft)(
						 first % DRAFTS),
		.formats = GV_SCHEMA_FORMATS_ALL,
		.steps = STEPS };
	struct gv_instance in;
	struct gv_schema *s;
	int r;

	must(gv_schema_new(&s, &opts) == 0);
	r = gv_schema_add(s, "s", own, own->parts[0].node);
	must(r == 0 || r == GV_EREFUSED);
	if (r == 0) {
		must(gv_schema_compile(s, 0, "") == 0);
		/* the schemas of schemas take long to read */
		if (first >= 128)
			look_at_problems(s);
		r = gv_instance_read(&in, "i", doc, doc->parts[0].node, NULL);
		must(r == 0 || r == GV_EREFUSED);
		if (r == 0) {
			look(s, &in);
			gv_instance_release(&in);
		}
	}
	gv_schema_free(s);
}

static char *
copy(const uint8_t *data, size_t len)
{
	char *p = malloc(len ? len : 1);

	must(p != NULL);
	if (len)
		memcpy(p, data, len);
	return p;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *zero;
	struct gv_doc own, doc;
	char *schema, *value;
	size_t n;

	if (len < 2 || len > 65536)
		return 0;
	zero = memchr(data + 1, '\0', len - 1);
	n = zero ? (size_t)(zero - data) - 1 : len - 1;
	schema = copy(data + 1, n);
	value = zero ? copy(zero + 1, len - n - 2) : copy(data, 0);
	must(gv_doc_read(&own, GV_DOC_FORMAT_YAML, schema, n, NULL) == 0);
	must(gv_doc_read(&doc, GV_DOC_FORMAT_YAML, value,
		 zero ? len - n - 2 : 0, NULL) == 0);
	if (own.n_parts && doc.n_parts)
		try(&own, &doc, data[0]);
	gv_doc_release(&doc);
	gv_doc_release(&own);
	free(value);
	free(schema);
	return 0;
}
