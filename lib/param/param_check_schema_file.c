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
 * The schemas of sets, each read once with those that it may refer to: the ones
 * in .gitvault/schemas; nothing else is ever read for them.
 */

#define FOLDER    GV_CONSENT_SCHEMA_DIR
#define FILES_MAX 2000

struct gv_param_schema_file {
	struct gv_buf text;
	struct gv_doc doc;
	char *path;
	bool is_read;
};

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
	struct gv_param_schema_file *d;
	int r;

	if (GV_GROW(s->files, s->n, s->cap) < 0)
		return gv_err_nomem();
	d = &s->files[s->n++];
	*d = (struct gv_param_schema_file){ .text = GV_BUF_INIT };
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
	const bool is_kube = is_crd(&s->files[0].doc);
	const struct gv_schema_opts opts = {
		.draft = is_kube ? GV_SCHEMA_KUBERNETES : GV_SCHEMA_DRAFT_AUTO
	};
	size_t i;
	int r = gv_schema_new(&s->schema, &opts);

	for (i = 0; r >= 0 && i < s->n; i++) {
		struct gv_param_schema_file *d = &s->files[i];

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
int
gv_param_check_find_schema(struct gv_param_schema **out,
    struct gv_param_checker *c, const char *path, bool is_accepted)
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
			if (s->files[k].is_read)
				gv_doc_release(&s->files[k].doc);
			gv_buf_release(&s->files[k].text);
			free(s->files[k].path);
		}
		free(s->files);
		free(s->why);
	}
	free(c->schemas);
	gv_buf_release(&c->accepted);
	c->has_accepted = false;
	c->schemas = NULL;
	c->n_schemas = 0;
}
