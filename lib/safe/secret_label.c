#include "safe/secret_label.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "object/odb.h"
#include "object/tree.h"
#include "record/record_resolve.h"
#include "repo/repo.h"
#include "safe/inventory.h"

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

size_t
gv_secret_label_key(size_t *at, const char *text, size_t offset)
{
	size_t end = offset, begin;
	bool joined = false;

	while (end && text[end - 1] && strchr("=:\"'`[({> \t", text[end - 1])) {
		end--;
		joined = joined || strchr("=:>", text[end]);
	}
	for (begin = end; begin && is_word(text[begin - 1]); begin--)
		;
	/* a dash before a flag is not part of its name */
	while (begin < end && (text[begin] == '-' || text[begin] == '.'))
		begin++;
	*at = begin;
	return joined ? end - begin : 0;
}

/* The key before its place in the file as the snapshot has it, redacted. */
static int
find_key(char **out, struct gv_repo *repo, const struct gv_inventory *inv,
    const struct gv_inventory_value *v)
{
	const struct gv_inventory_place *p = &v->places[0];
	const struct gv_inventory_snapshot *s = &inv->snapshots[v->newest];
	struct gv_record rec = { 0 };
	struct gv_object obj = { 0 };
	struct gv_oid blob;
	unsigned mode;
	size_t at, len = 0;
	int r;

	if ((r = gv_record_resolve(
		 &rec, repo, &(struct gv_record_query){ .text = s->id })) < 0)
		goto out;
	r = gv_tree_find(repo->odb,
	    p->is_staged     ? &rec.index
		: p->is_meta ? &rec.meta
			     : &rec.tree,
	    p->path, &mode, &blob);
	if (r < 0)
		goto out;
	r = gv_odb_read_type(repo->odb, &obj, &blob, GV_OTYPE_BLOB);
	if (r < 0)
		goto out;
	if (p->at <= obj.len)
		len = gv_secret_label_key(
		    &at, (const char *)obj.data, (size_t)p->at);
	if (len) {
		*out = strndup((const char *)obj.data + at, len);
		r = *out ? 0 : gv_err_nomem();
	}
out:
	gv_object_release(&obj);
	gv_record_release(&rec);
	return r;
}

static const char *
file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int
gv_secret_label_of(char **out, struct gv_repo *repo,
    const struct gv_inventory *inv, const struct gv_inventory_value *v)
{
	int r = 0;

	*out = NULL;
	if (v->life.name)
		*out = strdup(v->life.name);
	else if (v->n_places && v->places[0].kind == GV_WITHHELD_FILE)
		*out = strdup(file_name(v->places[0].path));
	else if (v->n_places == 0)
		*out = strdup("value");
	else
		r = find_key(out, repo, inv, v);
	if (r == 0 && *out == NULL && v->n_places)
		*out = strdup(v->places[0].rule);
	return r == 0 && *out == NULL ? gv_err_nomem() : r;
}
