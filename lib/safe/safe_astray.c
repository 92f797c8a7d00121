#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "key/backend_ref.h"
#include "object/chunk.h"
#include "object/odb.h"
#include "safe/safe_internal.h"
#include "safe/safe_migrated.h"
#include "safe/safe_reader.h"

/*
 * Which values lie elsewhere than the policy says: seen by what the tree of
 * their scope has of each, and by the names in references.
 */

struct looking {
	struct gv_safe *safe;
	struct gv_safe_strays *out;
	const struct gv_digest *after;
	size_t most;
	struct gv_map parts; /* objects that are chunks of larger values */
	struct gv_arena arena;
};

bool
gv_safe_is_there(const struct gv_safe_aim *aim, const struct gv_safe_stray *v)
{
	return aim->vault && v->vault && strcmp(v->vault, aim->vault) == 0;
}

static bool
is_astray(const struct gv_safe_aim *aim, const struct gv_safe_stray *v)
{
	/* nobody can do anything for it */
	if (!v->was_sealed && (v->vault == NULL || *v->vault == '\0'))
		return false;
	if (aim->keep == GV_POLICY_IN_GIT)
		return v->vault != NULL;
	return !gv_safe_is_there(aim, v) ||
	    v->was_sealed != (aim->keep == GV_POLICY_IN_BOTH);
}

/* The name of the vault that a reference leads to. */
static int
read_vault(const char **out, struct gv_safe *safe, const struct gv_oid *object)
{
	const struct gv_policy_vault *vault;
	struct gv_backend_ref ref = { .vault = "" };
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(safe->odb, &obj, object, GV_OTYPE_BLOB);

	if (r == 0)
		r = gv_backend_ref_parse(&ref, obj.data, obj.len);
	gv_object_release(&obj);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		*out = "";
		return 0;
	}
	if (r < 0)
		return r;
	vault = gv_policy_vault(&safe->policy, ref.vault);
	*out = vault
	    ? vault->name
	    : gv_arena_copy(&safe->arena, ref.vault, strlen(ref.vault));
	return *out ? 0 : GV_ENOMEM;
}

static bool
is_large(const struct looking *l, const struct gv_safe_entry *e)
{
	return e->is_tree ||
	    gv_map_get(&l->parts, e->object.id, GV_OID_RAW) != NULL;
}

static int
look_at(void *ctx, const struct gv_digest *id, const struct gv_oid *object)
{
	struct looking *l = ctx;
	const struct gv_safe_entry *sealed =
	    gv_safe_scope_find(l->out->scope, id);
	const struct gv_safe_entry *ref = gv_safe_scope_ref(l->out->scope, id);
	struct gv_safe_stray v = { .id = *id, .was_sealed = sealed != NULL };
	int r = 0;

	(void)object;
	if (l->out->n == l->most ||
	    (l->after &&
		memcmp(id->bytes, l->after->bytes, GV_DIGEST_BYTES) <= 0))
		return 0;
	/* what is in chunks stays here, whatever the policy says */
	if (sealed && is_large(l, sealed))
		return 0;
	if (ref)
		r = read_vault(&v.vault, l->safe, &ref->object);
	if (r < 0 || !is_astray(&l->out->aim, &v))
		return r;
	if ((r = GV_GROW(l->out->list, l->out->n, l->out->cap)) == 0)
		l->out->list[l->out->n++] = v;
	return r;
}

static int
note_part(void *ctx, const struct gv_oid *oid)
{
	struct looking *l = ctx;
	char *key = gv_arena_copy(&l->arena, oid->id, GV_OID_RAW);

	return key ? gv_map_put(&l->parts, key, GV_OID_RAW, key) : GV_ENOMEM;
}

static int
find_parts(struct looking *l)
{
	const struct gv_safe_scope *scope = l->out->scope;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < scope->n; i++)
		if (scope->entries[i]->is_tree)
			r = gv_chunk_each(l->safe->odb,
			    &scope->entries[i]->object, note_part, l);
	return r;
}

/* What there is to do in a scope, by the policy. */
static int
look(struct looking *l, const char *name)
{
	struct gv_safe_strays *out = l->out;
	const struct gv_policy_scope *said;
	int r = gv_safe_read_policy(l->safe);

	if (r < 0)
		return r;
	said = gv_policy_scope(&l->safe->policy, name);
	if (said && said->keep != GV_POLICY_IN_GIT)
		out->aim =
		    (struct gv_safe_aim){ said->keep, said->vault->name };
	out->scope = gv_safe_scope_get(&r, l->safe, name);
	if (out->scope == NULL ||
	    (out->aim.keep == GV_POLICY_IN_GIT && out->scope->n_refs == 0))
		return r;
	r = find_parts(l);
	return r < 0 ? r : gv_safe_each(l->safe, name, look_at, l);
}

int
gv_safe_strays_load(struct gv_safe_strays *out, struct gv_safe *safe,
    const char *scope, const struct gv_digest *after, size_t most)
{
	struct looking l = {
		.safe = safe, .out = out, .after = after, .most = most
	};
	int r;

	memset(out, 0, sizeof(*out));
	r = look(&l, scope);
	gv_map_release(&l.parts);
	gv_arena_release(&l.arena);
	return r;
}

void
gv_safe_strays_release(struct gv_safe_strays *strays)
{
	free(strays->list);
	memset(strays, 0, sizeof(*strays));
}

int
gv_safe_each_astray(struct gv_safe *safe, const char *scope,
    int (*fn)(void *ctx, const struct gv_digest *id), void *ctx)
{
	struct gv_safe_strays strays;
	size_t i;
	int r = gv_safe_strays_load(&strays, safe, scope, NULL, SIZE_MAX);

	for (i = 0; r == 0 && i < strays.n; i++)
		r = fn(ctx, &strays.list[i].id);
	gv_safe_strays_release(&strays);
	return r;
}
