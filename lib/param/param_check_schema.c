#include <string.h>

#include "base/err.h"
#include "base/lines.h"
#include "param/param_check_internal.h"
#include "policy/consent.h"
#include "schema/schema.h"

/*
 * Whether a configuration is valid by its schemas (param_check_schema_file.c).
 * A text that is encrypted is a text, of which no more is known.
 */

#define FOLDER GV_CONSENT_SCHEMA_DIR

/* ---- instances ----------------------------------------------------------- */

static void
take_scalar(struct gv_instance_node *out, const struct gv_param *param,
    const struct gv_layer_value *v)
{
	switch (v->kind) {
	case GV_LAYER_NULL:
		out->kind = GV_INSTANCE_NULL;
		return;
	case GV_LAYER_BOOL:
		out->kind =
		    gv_layer_is_true(v) ? GV_INSTANCE_TRUE : GV_INSTANCE_FALSE;
		return;
	case GV_LAYER_INT:
	case GV_LAYER_FLOAT:
		gv_instance_number(out, v->text, v->len);
		return;
	default:
		break;
	}
	out->kind = GV_INSTANCE_TEXT;
	out->is.text = v->text;
	out->len = v->len;
	if (v->is_code || gv_param_is_sealed(param, v)) {
		out->kind = GV_INSTANCE_OPAQUE;
		out->is_text = !v->is_code;
	}
}

static int
build(struct gv_instance *out, const struct gv_param *param,
    const struct gv_layer_value *v)
{
	struct gv_instance_node node = { .at = v->line,
		.key_at = v->column,
		.source = v->layer < param->n ? (uint16_t)v->layer
					      : (uint16_t)param->n,
		.key = v->key,
		.key_len = v->key ? v->key_len : 0 };
	uint32_t i;
	int r;

	if (v->kind != GV_LAYER_MAP && v->kind != GV_LAYER_LIST) {
		take_scalar(&node, param, v);
		return gv_instance_add(out, &node);
	}
	node.kind =
	    v->kind == GV_LAYER_MAP ? GV_INSTANCE_MAP : GV_INSTANCE_LIST;
	if ((r = gv_instance_open(out, &node)) < 0)
		return r;
	for (i = 0; i < v->n; i++)
		if ((r = build(out, param, v->items[i])) < 0)
			return r;
	gv_instance_close(out);
	return 0;
}

static int
make_instance(struct gv_instance *out, const struct gv_param *param)
{
	static const struct gv_layer_value nothing = { .kind = GV_LAYER_MAP };
	size_t i;
	int r = 0;

	gv_instance_init(out, NULL);
	for (i = 0; r >= 0 && i < param->n; i++)
		r = gv_instance_source(out, gv_param_path(param, i), NULL);
	if (r >= 0)
		r = gv_instance_source(out, "", NULL);
	return r < 0
	    ? r
	    : build(out, param, param->tree.root ? param->tree.root : &nothing);
}

/* ---- findings ------------------------------------------------------------ */

static void
add_key(struct gv_buf *out, const struct gv_instance *in, uint32_t node)
{
	const struct gv_instance_node *n = &in->nodes[node];

	if (n->parent == GV_DOC_NONE)
		return;
	add_key(out, in, n->parent);
	if (n->has_key)
		gv_layer_add_key(out, n->key, n->key_len);
	else
		gv_layer_add_element(out, n->index);
}

static int
say(struct gv_param_checker *c, const struct gv_param_one *one,
    const struct gv_param_schema *s, const struct gv_instance *in,
    const struct gv_schema_finding *f)
{
	struct gv_buf key = GV_BUF_INIT, text = GV_BUF_INIT;
	struct gv_instance_place place, schema;
	struct gv_param_problem p = {
		.grade = f->verdict == GV_SCHEMA_INVALID ? GV_PARAM_WRONG
							 : GV_PARAM_UNSURE,
		.check = "schema",
		.where = one->name,
	};
	int r;

	gv_instance_where(&place, in, f->node, f->of_key);
	gv_instance_where(
	    &schema, gv_schema_document(s->schema, f->document), f->at, true);
	add_key(&key, in, f->node);
	if (one->before) {
		p.grade = GV_PARAM_NOTE;
		p.check = "compatible";
		gv_buf_addf(&text, "in %s: ", one->before);
	}
	gv_buf_addf(&text, "%s (%s:%zu%s)", f->text,
	    schema.name ? schema.name : s->path, schema.line,
	    s->is_accepted ? ", as it was accepted" : "");
	if ((r = gv_buf_check(&key)) == 0 && (r = gv_buf_check(&text)) == 0) {
		p.key = key.p;
		p.text = text.p;
		p.file = place.name && *place.name ? place.name : NULL;
		p.line = p.file ? (uint32_t)place.line : 0;
		p.column = p.file ? (uint32_t)place.column : 0;
		r = gv_param_report_add(c->report, &p);
	}
	gv_buf_release(&key);
	gv_buf_release(&text);
	return r;
}

static int
explain(struct gv_param_checker *c, const struct gv_param_one *one,
    const struct gv_param_schema *s, const struct gv_instance *in)
{
	struct gv_schema_report report = { .n = 0 };
	size_t i;
	int r;

	if ((r = gv_schema_check(s->schema, in, &report)) < 0)
		return r;
	for (i = 0; r == 0 && i < report.n; i++)
		if (report.findings[i].verdict == report.verdict)
			r = say(c, one, s, in, &report.findings[i]);
	gv_schema_report_release(&report);
	return r;
}

static int
check_schema(struct gv_param_checker *c, const struct gv_param_one *one,
    const char *path, bool is_accepted, const struct gv_instance *in)
{
	enum gv_schema_verdict verdict;
	struct gv_param_schema *s = NULL;
	int r;

	if ((r = gv_param_check_find_schema(&s, c, path, is_accepted)) < 0)
		return r;
	if (s->schema == NULL && one->before)
		return 0;
	if (s->schema == NULL) {
		const struct gv_param_problem p = { .grade = GV_PARAM_UNSURE,
			.check = "schema",
			.key = "",
			.file = path,
			.text = s->why,
			.where = one->name };

		return gv_param_report_add(c->report, &p);
	}
	if ((r = gv_schema_judge(s->schema, in, &verdict)) < 0 ||
	    verdict == GV_SCHEMA_VALID)
		return r;
	return explain(c, one, s, in);
}

/* ---- what was accepted --------------------------------------------------- */

static int
load_accepted(struct gv_param_checker *c)
{
	struct gv_consent consent;
	int r;

	if (c->has_accepted)
		return 0;
	c->has_accepted = true;
	c->accepted = (struct gv_buf)GV_BUF_INIT;
	if ((r = gv_consent_load(&consent, c->pool->repo)) < 0)
		goto out;
	/* what was made here counts as it is */
	if (consent.from != GV_CONSENT_HERE && consent.has[GV_CONSENT_SCHEMAS])
		gv_buf_add(&c->accepted, consent.texts[GV_CONSENT_SCHEMAS].p,
		    consent.texts[GV_CONSENT_SCHEMAS].len);
	r = gv_buf_check(&c->accepted);
out:
	gv_consent_release(&consent);
	return r;
}

/* Whether a file of the pool has another content than the one accepted. */
static int
differs(bool *out, struct gv_param_checker *c, const char *path,
    const struct gv_oid *accepted)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_oid id;
	const int r = gv_param_read(&text, c->pool, path);

	gv_consent_name_text(&id, text.p, text.len);
	*out = r < 0 || !gv_oid_equal(&id, accepted);
	gv_buf_release(&text);
	return r == GV_ENOMEM ? r : 0;
}

/* Whether a schema, or one of those that it may refer to, is another one than
 * was accepted. */
static int
is_changed(bool *out, struct gv_param_checker *c, const char *path)
{
	const char *p = c->accepted.p, *line;
	struct gv_buf name = GV_BUF_INIT;
	struct gv_oid id;
	size_t n;
	int r = 0;

	*out = false;
	if (!gv_consent_schema_id(&id, &c->accepted, path))
		return 0;
	while (r == 0 && !*out &&
	    gv_lines_next(&line, &n, &p, c->accepted.p + c->accepted.len)) {
		if (n <= GV_OID_HEX + 1 || gv_oid_parse(&id, line) < 0)
			continue;
		gv_buf_reset(&name);
		gv_buf_add(&name, line + GV_OID_HEX + 1, n - GV_OID_HEX - 1);
		if ((r = gv_buf_check(&name)) < 0)
			break;
		if (strcmp(name.p, path) == 0 ||
		    strncmp(name.p, FOLDER, strlen(FOLDER)) == 0)
			r = differs(out, c, name.p, &id);
	}
	gv_buf_release(&name);
	return r;
}

/* Hold it against the accepted content, too, where that is another one. */
static int
check_accepted(struct gv_param_checker *c, const struct gv_param_one *one,
    const char *path, const struct gv_instance *in)
{
	struct gv_param_schema *s = NULL;
	bool differs = false;
	int r;

	if (c->accepted.len == 0)
		return 0;
	if ((r = gv_param_check_find_schema(&s, c, path, false)) < 0)
		return r;
	if (!s->is_compared && (r = is_changed(&differs, c, path)) < 0)
		return r;
	if (!s->is_compared) {
		s->is_compared = true;
		s->has_accepted = differs;
	}
	return s->has_accepted ? check_schema(c, one, path, true, in) : 0;
}

int
gv_param_check_schemas(
    struct gv_param_checker *c, const struct gv_param_one *one)
{
	const struct gv_policy_config *sets[2];
	const size_t n = gv_param_check_sets(sets, c->pool, one->param->layout);
	const char *provider = one->query.provider;
	struct gv_instance in;
	bool is_made = false;
	size_t i, k;
	int r = 0;

	if (one->param->set == NULL)
		return 0;
	if ((r = load_accepted(c)) < 0)
		return r;
	for (i = 0; i < n; i++)
		for (k = 0; r == 0 && k < sets[i]->n_schemas; k++) {
			const struct gv_policy_schema_of *of =
			    &sets[i]->schemas[k];

			if (of->provider &&
			    !(provider && strcmp(of->provider, provider) == 0))
				continue;
			/* it is the same again in the accepted policy */
			if (!is_made &&
			    (r = make_instance(&in, one->param)) < 0)
				break;
			is_made = true;
			r = check_schema(c, one, of->path, false, &in);
			if (r == 0)
				r = check_accepted(c, one, of->path, &in);
		}
	if (is_made)
		gv_instance_release(&in);
	return r;
}
