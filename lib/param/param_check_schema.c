#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/lines.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "param/param_check_internal.h"
#include "policy/consent.h"
#include "schema/schema.h"
#include "worktree/index.h"

/*
 * Whether a configuration is valid by a schema. Schemas may refer to each
 * other, and to those in .gitvault/schemas; nothing else is ever read for
 * them. A text that is encrypted is a text, of which no more is known.
 */

#define FOLDER    GV_CONSENT_SCHEMA_DIR
#define FILES_MAX 2000

struct document {
	struct gv_buf text;
	struct gv_doc doc;
	char *path;
	bool is_read;
};

struct gv_param_schema {
	const char *path;
	bool is_accepted;  /* its content is the accepted one, which differs */
	bool is_compared;  /* of the present one: it was asked, and … */
	bool has_accepted; /* … the accepted one differs */
	struct gv_schema *schema; /* NULL: it cannot be used, and why */
	char *why;
	struct document *documents; /* the first is it */
	size_t n, cap;
};

/* ---- reading ------------------------------------------------------------- */

/* The content that was accepted. */
static int
read_accepted(struct gv_buf *out, struct gv_param_checker *c, const char *path)
{
	struct gv_object o = { .data = NULL };
	struct gv_odb *odb;
	struct gv_oid id;
	int r;

	if (!gv_consent_schema_id(&id, &c->accepted, path))
		return GV_ENOTFOUND;
	if ((r = gv_repo_odb(c->pool->repo, &odb)) < 0)
		return r;
	if (gv_odb_read(odb, &o, &id) < 0 || o.type != GV_OTYPE_BLOB)
		r = gv_err(GV_EREFUSED,
		    "%s: this clone does not have the content that was "
		    "accepted; fetch it, or accept the present one: git vault "
		    "policy accept",
		    path);
	else
		gv_buf_add(out, (const char *)o.data, o.len);
	gv_object_release(&o);
	return r < 0 ? r : gv_buf_check(out);
}

static int
add_document(
    struct gv_param_schema *s, struct gv_param_checker *c, const char *path)
{
	enum gv_doc_format format;
	struct document *d;
	int r;

	if (GV_GROW(s->documents, s->n, s->cap) < 0)
		return gv_err_nomem();
	d = &s->documents[s->n++];
	*d = (struct document){ .text = GV_BUF_INIT };
	if ((d->path = strdup(path)) == NULL)
		return gv_err_nomem();
	r = s->is_accepted ? read_accepted(&d->text, c, path)
			   : gv_param_read(&d->text, c->pool, path);
	if (r < 0)
		return r;
	if (!gv_doc_format_of(&format, path, d->text.p, d->text.len))
		format = GV_DOC_FORMAT_JSON;
	if ((r = gv_doc_read(&d->doc, format, d->text.p, d->text.len, NULL)) <
	    0)
		return gv_err_in(r, "%s", path);
	d->is_read = true;
	if (d->doc.n_errors)
		return gv_err(
		    GV_EREFUSED, "%s: %s", path, d->doc.errors[0].what);
	return d->doc.n_parts && d->doc.parts[0].node != GV_DOC_NONE
	    ? 0
	    : gv_err(GV_EREFUSED, "%s: it is empty", path);
}

struct others {
	struct gv_param_schema *schema;
	struct gv_param_checker *checker;
};

/* A file of the folder that cannot be read is one that nothing may refer to. */
static int
add_other(struct others *o, const char *path)
{
	struct gv_param_schema *s = o->schema;
	int r;

	if (strncmp(path, FOLDER, strlen(FOLDER)) != 0 ||
	    strcmp(path, s->path) == 0 || s->n == FILES_MAX)
		return 0;
	r = add_document(s, o->checker, path);
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

static int
add_entry(
    void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	(void)len;
	return S_ISREG(e->mode) ? add_other(ctx, path) : 0;
}

/* Those of the folder that were accepted. */
static int
add_accepted(struct others *o)
{
	const struct gv_buf *lines = &o->checker->accepted;
	const char *p = lines->p, *line;
	struct gv_buf path = GV_BUF_INIT;
	size_t n;
	int r = 0;

	while (r == 0 && gv_lines_next(&line, &n, &p, lines->p + lines->len)) {
		if (n <= GV_OID_HEX + 1)
			continue;
		gv_buf_reset(&path);
		gv_buf_add(&path, line + GV_OID_HEX + 1, n - GV_OID_HEX - 1);
		r = gv_buf_check(&path) < 0 ? GV_ENOMEM : add_other(o, path.p);
	}
	gv_buf_release(&path);
	return r;
}

static int
add_others(struct gv_param_schema *s, struct gv_param_checker *c)
{
	struct gv_param_pool *pool = c->pool;
	struct others o = { s, c };
	struct gv_odb *odb;
	size_t i, first, n;
	int r;

	if (s->is_accepted)
		return add_accepted(&o);

	if (pool->tree) {
		r = gv_repo_odb(pool->repo, &odb);
		return r < 0 ? r : gv_tree_walk(odb, pool->tree, add_entry, &o);
	}
	if (pool->index == NULL &&
	    (r = gv_index_open(&pool->index, pool->repo)) < 0)
		return r;
	gv_index_range(pool->index, FOLDER, strlen(FOLDER) - 1, &first, &n);
	for (i = first; i < first + n; i++)
		if (S_ISREG(pool->index->entries[i].mode) &&
		    (r = add_other(&o, pool->index->entries[i].path)) < 0)
			return r;
	return 0;
}

/* What Kubernetes has a schema in. */
static bool
is_crd(const struct gv_doc *doc)
{
	const uint32_t kind = gv_doc_find(doc, GV_DOC_NONE, "kind");

	return kind != GV_DOC_NONE &&
	    gv_doc_is(doc, kind, "CustomResourceDefinition");
}

static int
compile(struct gv_param_schema *s)
{
	const bool is_kube = is_crd(&s->documents[0].doc);
	const struct gv_schema_opts opts = {
		.draft = is_kube ? GV_SCHEMA_KUBERNETES : GV_SCHEMA_DRAFT_AUTO
	};
	size_t i;
	int r = gv_schema_new(&s->schema, &opts);

	for (i = 0; r >= 0 && i < s->n; i++) {
		struct document *d = &s->documents[i];

		if (d->is_read && d->doc.n_parts &&
		    d->doc.parts[0].node != GV_DOC_NONE)
			r = gv_schema_add(
			    s->schema, d->path, &d->doc, d->doc.parts[0].node);
		/* only the first one has to be right */
		if (r == GV_EREFUSED && i > 0)
			r = 0;
	}
	return r < 0
	    ? r
	    : gv_schema_compile(s->schema, 0,
		  is_kube ? "/spec/versions/0/schema/openAPIV3Schema" : "");
}

static int
load(struct gv_param_schema *s, struct gv_param_checker *c)
{
	int r;

	if ((r = add_document(s, c, s->path)) < 0 || (r = add_others(s, c)) < 0)
		return r;
	return compile(s);
}

/* The schema of a path, read once. What is wrong with it is said of each
 * configuration that needs it. */
static int
find_schema(struct gv_param_schema **out, struct gv_param_checker *c,
    const char *path, bool is_accepted)
{
	struct gv_param_schema *s;
	size_t i;
	int r;

	for (i = 0; i < c->n_schemas; i++)
		if (c->schemas[i].is_accepted == is_accepted &&
		    strcmp(c->schemas[i].path, path) == 0) {
			*out = &c->schemas[i];
			return 0;
		}
	if (GV_GROW(c->schemas, c->n_schemas, c->cap_schemas) < 0)
		return gv_err_nomem();
	s = &c->schemas[c->n_schemas++];
	*s = (struct gv_param_schema){ .path = path,
		.is_accepted = is_accepted };
	c->report->n_schemas++;
	*out = s;
	if ((r = load(s, c)) >= 0)
		return 0;
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	gv_schema_free(s->schema);
	s->schema = NULL;
	return (s->why = strdup(gv_err_message())) ? 0 : gv_err_nomem();
}

void
gv_param_check_close(struct gv_param_checker *c)
{
	size_t i, k;

	for (i = 0; i < c->n_schemas; i++) {
		struct gv_param_schema *s = &c->schemas[i];

		gv_schema_free(s->schema);
		for (k = 0; k < s->n; k++) {
			if (s->documents[k].is_read)
				gv_doc_release(&s->documents[k].doc);
			gv_buf_release(&s->documents[k].text);
			free(s->documents[k].path);
		}
		free(s->documents);
		free(s->why);
	}
	free(c->schemas);
	gv_buf_release(&c->accepted);
	c->has_accepted = false;
	c->schemas = NULL;
	c->n_schemas = 0;
}

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

	if ((r = find_schema(&s, c, path, is_accepted)) < 0)
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
	if ((r = find_schema(&s, c, path, false)) < 0)
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
