#include "view/history_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/manifest.h"
#include "repo/hash.h"
#include "repo/repo.h"
#include "sys/cancel.h"

/* What one layer says of the path; layers are shared by many snapshots, so
 * each is read once. */
struct said {
	struct gv_oid layer; /* the key */
	bool any;
	enum gv_manifest_type type;
	struct gv_oid digest;
};

struct look {
	struct gv_odb *odb;
	struct gv_arena arena;
	struct gv_map seen;
	const char *path;
	size_t len;
};

/* All that a line says, as a digest. */
static int
digest_of(struct gv_oid *out, const struct gv_manifest_entry *e)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&text, "%c %lld.%09u %o %s:%s %llu %s %s %s", e->type,
	    (long long)e->mtime_s, (unsigned)e->mtime_ns, (unsigned)e->mode,
	    e->user ? e->user : "", e->group ? e->group : "",
	    (unsigned long long)e->link, e->xattrs ? e->xattrs : "",
	    e->holes ? e->holes : "", e->reason ? e->reason : "");
	if ((r = gv_buf_check(&text)) == 0)
		gv_hash_object(out, GV_OTYPE_BLOB, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

static int
read_layer(struct look *l, struct said *said)
{
	struct gv_object obj = { 0 };
	struct gv_manifest_iter it = { 0 };
	struct gv_manifest_entry e;
	int r = gv_odb_read_type(l->odb, &obj, &said->layer, GV_OTYPE_BLOB);

	if (r < 0)
		return r;
	r = gv_manifest_iter_init(&it, (const char *)obj.data, obj.len);
	while (r == 0 && (r = gv_manifest_next(&it, &e)) > 0) {
		r = 0;
		if (e.path_len != l->len ||
		    memcmp(e.path, l->path, l->len) != 0)
			continue;
		said->any = true;
		said->type = e.type;
		r = digest_of(&said->digest, &e);
		break;
	}
	gv_manifest_iter_release(&it);
	gv_object_release(&obj);
	return r;
}

static int
ask_layer(struct look *l, const struct gv_oid *oid, const struct said **out)
{
	struct said *said = gv_map_get(&l->seen, oid, sizeof(*oid));
	int r = 0;

	if (said == NULL) {
		said = gv_arena_alloc(&l->arena, sizeof(*said));
		if (said == NULL)
			return GV_ENOMEM;
		said->layer = *oid;
		if ((r = read_layer(l, said)) == 0)
			r = gv_map_put(
			    &l->seen, &said->layer, sizeof(said->layer), said);
	}
	*out = said;
	return r;
}

/* What the uppermost layer says that speaks of the path; NULL: none does. */
static int
ask(struct look *l, const struct gv_record *rec, const struct said **out)
{
	struct gv_manifest_layer layers[GV_MANIFEST_MAX_LAYERS];
	struct gv_oid tree;
	unsigned mode;
	size_t n;
	int r = gv_tree_find(l->odb, &rec->meta, "manifest", &mode, &tree);

	*out = NULL;
	if (r == GV_ENOTFOUND)
		return gv_err(GV_ENOTFOUND, "its meta/manifest is not there");
	if (r < 0 || (r = gv_manifest_layers(layers, &n, l->odb, &tree)) < 0)
		return r;
	while (r == 0 && *out == NULL && n-- > 0) {
		if ((r = ask_layer(l, &layers[n].oid, out)) == 0 &&
		    !(*out)->any)
			*out = NULL;
	}
	return r;
}

static int
add_one(struct look *l, struct gv_history_state *s, const struct gv_record *rec,
    bool metadata)
{
	const struct said *said;
	size_t i;
	int r = ask(l, rec, &said);

	if (r < 0 || said == NULL)
		return r;
	if (!s->there && said->type == GV_MANIFEST_DIR)
		gv_history_state_set(s, GV_MODE_DIR, &gv_oid_empty_tree);
	for (i = 0; s->there && metadata && i < GV_OID_RAW; i++)
		s->key.id[i] ^= said->digest.id[i];
	return 0;
}

int
gv_history_add_manifests(struct gv_history_state *states,
    const struct gv_history_job *job, const char *path)
{
	struct look l = { .arena = GV_ARENA_INIT,
		.seen = GV_MAP_INIT,
		.path = path,
		.len = strlen(path) };
	bool metadata = job->opts->metadata;
	size_t i;
	int r = gv_repo_odb(job->repo, &l.odb);

	for (i = job->snapshots->n; r == 0 && i-- > 0;) {
		if (!states[i].known || (states[i].there && !metadata))
			continue;
		r = gv_cancel_requested()
		    ? gv_cancel_error()
		    : add_one(&l, &states[i], &job->snapshots->records[i],
			  metadata);
		/* without it the tree has the word */
		if (r < 0 && !states[i].there && r != GV_ECANCELED &&
		    r != GV_ENOMEM)
			r = 0;
		if (r < 0) {
			states[i].known = false;
			r = gv_history_miss(job, i, r);
		}
	}
	gv_map_release(&l.seen);
	gv_arena_release(&l.arena);
	return r;
}

/* --- what was there and is not stored --- */

/* The path, and each directory around it. */
struct around {
	struct look *looks;
	size_t n;
};

static int
around_init(struct around *a, struct gv_repo *repo, const char *path)
{
	size_t i, len = strlen(path);
	struct gv_odb *odb;
	int r = gv_repo_odb(repo, &odb);

	*a = (struct around){ .looks = calloc(len + 1, sizeof(*a->looks)) };
	if (r == 0 && a->looks == NULL)
		r = gv_err_nomem();
	for (i = 1; r == 0 && i <= len; i++)
		if (i == len || path[i] == '/')
			a->looks[a->n++] = (struct look){ .odb = odb,
				.arena = GV_ARENA_INIT,
				.seen = GV_MAP_INIT,
				.path = path,
				.len = i };
	return r;
}

static void
around_release(struct around *a)
{
	size_t i;

	for (i = 0; i < a->n; i++) {
		gv_map_release(&a->looks[i].seen);
		gv_arena_release(&a->looks[i].arena);
	}
	free(a->looks);
}

/* 1, 0, or a failure. */
static int
is_skipped(struct around *a, const struct gv_record *rec)
{
	const struct said *said;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < a->n; i++) {
		r = ask(&a->looks[i], rec, &said);
		if (r == 0 && said && said->type == GV_MANIFEST_SKIPPED)
			r = 1;
	}
	return r;
}

int
gv_history_mind_skipped(struct gv_history_state *states,
    const struct gv_history_job *job, const char *path)
{
	struct around a;
	bool stood = false; /* in the last snapshot of which that is known */
	size_t i;
	int r = around_init(&a, job->repo, path);

	for (i = job->snapshots->n; r == 0 && i-- > 0;) {
		const struct gv_record *rec = &job->snapshots->records[i];

		if (!states[i].known || (rec->only && !states[i].there))
			continue;
		if (stood && !states[i].there) {
			r = gv_cancel_requested() ? gv_cancel_error()
						  : is_skipped(&a, rec);
			states[i].known = r != 1;
			/* without it the tree has the word */
			if (r != GV_ECANCELED && r != GV_ENOMEM)
				r = 0;
		}
		if (states[i].known)
			stood = states[i].there;
	}
	around_release(&a);
	return r;
}
