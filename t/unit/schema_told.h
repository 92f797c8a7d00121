#ifndef SCHEMA_TOLD_H
#define SCHEMA_TOLD_H
/*
 * A schema and a value from texts of JSON or YAML, and what is found.
 *
 *	finds("{\"minimum\":3}", "2", "1:1  minimum: must be at least 3\n");
 */
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "schema/schema.h"

struct checked {
	struct gv_doc own, doc;
	struct gv_schema *s;
	struct gv_instance in;
	struct gv_schema_report report;
};

static inline void
read_doc(struct gv_doc *out, const char *text)
{
	assert_int_equal(gv_doc_read(out,
			     *text == '{' || *text == '[' ? GV_DOC_FORMAT_JSON
							  : GV_DOC_FORMAT_YAML,
			     text, strlen(text), NULL),
	    0);
}

static inline void
check_with(struct checked *c, const struct gv_schema_opts *opts,
    const char *schema, const char *text)
{
	enum gv_schema_verdict quick;

	read_doc(&c->own, schema);
	read_doc(&c->doc, text);
	assert_int_equal(gv_schema_new(&c->s, opts), 0);
	assert_int_equal(
	    gv_schema_add(c->s, "s.json", &c->own, c->own.parts[0].node), 0);
	assert_int_equal(gv_schema_compile(c->s, 0, ""), 0);
	assert_int_equal(gv_instance_read(&c->in, "a.yaml", &c->doc,
			     c->doc.parts[0].node, NULL),
	    0);
	assert_int_equal(gv_schema_check(c->s, &c->in, &c->report), 0);
	assert_int_equal(gv_schema_judge(c->s, &c->in, &quick), 0);
	assert_int_equal(quick, c->report.verdict);
}

static inline void
release(struct checked *c)
{
	gv_schema_report_release(&c->report);
	gv_instance_release(&c->in);
	gv_schema_free(c->s);
	gv_doc_release(&c->doc);
	gv_doc_release(&c->own);
}

/* The findings are these lines, without the places in the schema. */
static inline void
finds_with(const struct gv_schema_opts *opts, const char *schema,
    const char *text, const char *want)
{
	struct gv_buf out = GV_BUF_INIT;
	struct gv_instance_place p;
	struct checked c;
	size_t i;

	check_with(&c, opts, schema, text);
	for (i = 0; i < c.report.n; i++) {
		const struct gv_schema_finding *f = &c.report.findings[i];

		gv_instance_where(&p, &c.in, f->node, f->of_key);
		gv_buf_addf(&out, "%s%zu:%zu ",
		    f->verdict == GV_SCHEMA_UNKNOWN ? "? " : "", p.line,
		    p.column);
		gv_instance_pointer(&out, &c.in, f->node);
		gv_buf_addf(&out, " %s: %s%s\n", f->keyword, f->text,
		    f->because == GV_DOC_NONE ? "" : " (because)");
	}
	assert_string_equal(out.p, want);
	gv_buf_release(&out);
	release(&c);
}

static inline void
finds(const char *schema, const char *text, const char *want)
{
	finds_with(NULL, schema, text, want);
}

static inline enum gv_schema_verdict
verdict(const char *schema, const char *text)
{
	enum gv_schema_verdict v;
	struct checked c;

	check_with(&c, NULL, schema, text);
	v = c.report.verdict;
	release(&c);
	return v;
}

#endif
