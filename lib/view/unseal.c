#include "view/unseal.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "object/repo_odb.h"
#include "record/record.h"
#include "repo/repo.h"
#include "safe/lifecycle.h"
#include "safe/safe_who.h"
#include "seal/withheld.h"
#include "sys/clock.h"
#include "view/revealed.h"

int
gv_unseal_add(struct gv_unseal *u, const struct gv_revealed_file *file)
{
	size_t i;
	int r = gv_vec_grow(
	    (void **)&u->ids, &u->cap, u->n + file->n, sizeof(*u->ids));

	if (r == 0)
		r = gv_vec_grow((void **)&u->scopes, &u->cap_scopes,
		    u->n + file->n, sizeof(*u->scopes));
	for (i = 0; r == 0 && i < file->n; i++) {
		if (file->entries[i].kind == GV_WITHHELD_STATE ||
		    (file->bars && file->bars[i].is_barred))
			continue;
		u->ids[u->n] = file->entries[i].place.id;
		u->scopes[u->n++] = file->entries[i].scope;
	}
	return r;
}

void
gv_unseal_release(struct gv_unseal *u)
{
	if (u == NULL)
		return;
	free(u->ids);
	free(u->scopes);
	memset(u, 0, sizeof(*u));
}

/* ---- the audit chain ---- */

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The scopes, sorted, each once. */
static size_t
distinct(const char **out, const struct gv_unseal *u)
{
	size_t i, n = 0;

	memcpy(out, u->scopes, u->n * sizeof(*out));
	qsort(out, u->n, sizeof(const char *), compare_names);
	for (i = 0; i < u->n; i++)
		if (n == 0 || strcmp(out[n - 1], out[i]) != 0)
			out[n++] = out[i];
	return n;
}

int
gv_unseal_tell(const struct gv_unseal *u, struct gv_repo *repo,
    struct gv_safe *safe, const char *snapshot, const char *reason)
{
	struct gv_audit_event e = { .what = GV_AUDIT_UNSEAL,
		.time = gv_clock_now().tv_sec,
		.ids = u->ids,
		.n_ids = u->n,
		.snapshot = snapshot,
		.reason = reason };
	const struct gv_identity *const *ids;
	const char **scopes;
	size_t n;
	int r;

	/* opening nothing is no unsealing; the reading says why */
	if (u->n == 0 || safe == NULL || gv_safe_identities(&ids, &n, safe) < 0)
		return 0;
	scopes = calloc(u->n, sizeof(*scopes));
	if (scopes == NULL)
		return gv_err_nomem();
	e.scopes = scopes;
	e.n_scopes = distinct(scopes, u);
	r = gv_audit_tell_given(repo, safe, &e, "values are opened");
	free(scopes);
	return r < 0 ? gv_err_in(r, "nothing is opened") : 0;
}

int
gv_unseal_tell_path(struct gv_repo *repo, struct gv_safe *safe,
    const struct gv_record *rec, const char *path, const char *reason)
{
	const struct gv_revealed_file *file;
	struct gv_unseal u = { .n = 0 };
	struct gv_revealed *given = NULL;
	struct gv_odb *odb;
	size_t i;
	int r = gv_repo_odb(repo, &odb);

	if (r == 0)
		r = gv_revealed_load(&given, odb, rec, GV_REVEALED_TREE);
	for (i = 0; r == 0 && (file = gv_revealed_at(given, i)); i++)
		if (gv_path_is_below(file->entries->path,
			file->entries->path_len, path, strlen(path)))
			r = gv_unseal_add(&u, file);
	if (r == 0)
		r = gv_unseal_tell(&u, repo, safe, rec->id, reason);
	gv_unseal_release(&u);
	gv_revealed_free(given);
	return r;
}

/* ---- what is revoked ---- */

struct warning {
	const struct gv_unseal *u;
	void (*fn)(void *ctx, const char *scope, const struct gv_digest *id,
	    const char *reason);
	void *ctx;
	const char *scope;
};

static int
warn_of(void *ctx, const struct gv_digest *id, const struct gv_lifecycle *life)
{
	struct warning *w = ctx;
	size_t i;

	for (i = 0; life->is_revoked && i < w->u->n; i++)
		if (gv_digest_equal(&w->u->ids[i], id) &&
		    strcmp(w->u->scopes[i], w->scope) == 0) {
			w->fn(w->ctx, w->scope, id, life->revoked_reason);
			break;
		}
	return 0;
}

int
gv_unseal_warn(const struct gv_unseal *u, struct gv_repo *repo,
    void (*fn)(void *ctx, const char *scope, const struct gv_digest *id,
	const char *reason),
    void *ctx)
{
	const char **scopes = calloc(u->n + 1, sizeof(*scopes));
	size_t i, n;
	int r = 0;

	if (scopes == NULL)
		return gv_err_nomem();
	n = u->n ? distinct(scopes, u) : 0;
	for (i = 0; r == 0 && i < n; i++) {
		struct warning w = { u, fn, ctx, scopes[i] };

		r = gv_lifecycle_each(
		    repo, scopes[i], GV_LIFECYCLE_REVOKED, warn_of, &w);
	}
	free(scopes);
	return r;
}
