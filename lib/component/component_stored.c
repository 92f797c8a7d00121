#include "component/component_stored.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/tombstone.h"
#include "repo/refs.h"
#include "vault/ledger.h"

/* ---- refs ---------------------------------------------------------------- */

void
gv_component_ref(
    struct gv_buf *out, const char *env, const char *name, const char *id)
{
	gv_buf_addf(out, GV_REFS_COMPONENTS "%s/%s/%s", env, name, id);
}

bool
gv_component_ref_split(const char **id, const char **env, size_t *env_len,
    const char **name, size_t *name_len, const char *ref)
{
	const size_t front = strlen(GV_REFS_COMPONENTS);
	const char *a, *b;

	if (strncmp(ref, GV_REFS_COMPONENTS, front) != 0)
		return false;
	*env = ref + front;
	a = strchr(*env, '/');
	b = a ? strchr(a + 1, '/') : NULL;
	if (b == NULL || a == *env || b == a + 1 ||
	    !gv_record_is_id(b + 1, strlen(b + 1)))
		return false;
	*env_len = (size_t)(a - *env);
	*name = a + 1;
	*name_len = (size_t)(b - a - 1);
	*id = b + 1;
	return true;
}

static int
load_tombstones(struct gv_ledger *out, struct gv_odb *odb, struct gv_repo *repo)
{
	struct gv_oid tip;
	int r = gv_ref_find(&tip, repo, GV_REF_DELETED);

	return r < 0 ? r : gv_ledger_load(out, odb, &tip);
}

/* Leave out what is no dump, and what is deleted and came back. */
static int
keep_live(
    struct gv_refs *refs, struct gv_odb *odb, const struct gv_ledger *deleted)
{
	const char *id, *env, *name;
	size_t i, n = 0, a, b;
	int r = 0;

	for (i = 0; r >= 0 && i < refs->n; i++) {
		if (!gv_component_ref_split(
			&id, &env, &a, &name, &b, refs->refs[i].name))
			continue;
		r = gv_tombstone_find(NULL, odb, deleted, id);
		if (r == 0)
			refs->refs[n++] = refs->refs[i];
	}
	refs->n = n;
	return r < 0 ? r : 0;
}

int
gv_component_list(struct gv_refs *out, struct gv_repo *repo, const char *env,
    const char *name)
{
	struct gv_buf prefix = GV_BUF_INIT;
	struct gv_ledger deleted;
	struct gv_odb *odb;
	int r;

	gv_buf_addf(&prefix, GV_REFS_COMPONENTS "%s%s%s%s", env ? env : "",
	    env ? "/" : "", env && name ? name : "", env && name ? "/" : "");
	if ((r = gv_buf_check(&prefix)) == 0)
		r = gv_ref_list(out, repo, prefix.p);
	if (r == 0 && out->n &&
	    ((r = gv_repo_odb(repo, &odb)) < 0 ||
		(r = load_tombstones(&deleted, odb, repo)) < 0 ||
		(r = keep_live(out, odb, &deleted)) < 0))
		gv_refs_release(out);
	gv_buf_release(&prefix);
	return r;
}

/* ---- one dump ------------------------------------------------------------ */

void
gv_component_bind(struct gv_digest *out, const unsigned char key[GV_DIGEST_KEY],
    const char *text, size_t len, const struct gv_oid *blocks,
    const struct gv_oid *index)
{
	const struct gv_digest_field fields[] = { { text, len },
		{ blocks->id, sizeof(blocks->id) },
		{ index->id, sizeof(index->id) } };

	gv_digest_keyed(out, key, "component", fields, 3);
}

bool
gv_component_is_safety(const struct gv_component_stored *stored)
{
	return stored->record.label &&
	    strcmp(stored->record.label, GV_COMPONENT_SAFETY) == 0;
}

bool
gv_component_is_bound(
    const struct gv_component_stored *stored, const unsigned char *key)
{
	struct gv_digest is;

	if (key == NULL)
		return false;
	gv_component_bind(&is, key, stored->text, stored->bound,
	    &stored->blocks, &stored->index);
	return gv_digest_equal(&is, &stored->record.binding);
}

static int
read_record(struct gv_component_stored *out, struct gv_odb *odb,
    const struct gv_oid *tree)
{
	struct gv_object blob = { .owner = NULL };
	struct gv_oid id;
	unsigned mode;
	int r = gv_tree_find(odb, tree, "record", &mode, &id);

	if (r == 0)
		r = gv_odb_read_type(odb, &blob, &id, GV_OTYPE_BLOB);
	if (r == 0)
		r = gv_component_record_read(&out->record, &out->bound,
		    (const char *)blob.data, blob.len);
	if (r == 0) {
		out->text = strndup((const char *)blob.data, blob.len);
		r = out->text ? 0 : gv_err_nomem();
	}
	gv_object_release(&blob);
	return r;
}

/* A record that was moved to another name would be restored for it. */
static int
check_name(const struct gv_component_stored *s, const char *ref)
{
	const char *id = NULL, *env = NULL, *name = NULL;
	size_t env_len = 0, name_len = 0;

	if (gv_component_ref_split(
		&id, &env, &env_len, &name, &name_len, ref) &&
	    strcmp(id, s->record.id) == 0 && strlen(s->record.env) == env_len &&
	    memcmp(s->record.env, env, env_len) == 0 &&
	    strlen(s->record.name) == name_len &&
	    memcmp(s->record.name, name, name_len) == 0)
		return 0;
	return gv_err(GV_ECORRUPT, "its record is that of another dump");
}

int
gv_component_stored_load(struct gv_component_stored *out, struct gv_odb *odb,
    const struct gv_ref *ref)
{
	struct gv_ledger at;
	unsigned mode;
	int r;

	*out = (struct gv_component_stored){ .commit = ref->oid };
	if ((r = gv_ledger_load(&at, odb, &ref->oid)) == 0 &&
	    (r = gv_tree_find(odb, &at.tree, "blocks", &mode, &out->blocks)) ==
		0 &&
	    (r = gv_tree_find(odb, &at.tree, "index", &mode, &out->index)) ==
		0 &&
	    (r = read_record(out, odb, &at.tree)) == 0)
		r = check_name(out, ref->name);
	if (r == 0 && gv_time_parse_compact(&out->time, out->record.id) < 0)
		r = gv_err(GV_ECORRUPT, "its id has no time");
	if (r == 0)
		return 0;
	gv_component_stored_release(out);
	return r == GV_ENOTFOUND
	    ? gv_err(GV_ECORRUPT, "%s: an object is missing", ref->name)
	    : gv_err_in(r, "%s", ref->name);
}

void
gv_component_stored_release(struct gv_component_stored *stored)
{
	gv_component_record_release(&stored->record);
	free(stored->text);
	*stored = (struct gv_component_stored){ .text = NULL };
}
