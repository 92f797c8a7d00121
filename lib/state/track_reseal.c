#include "state/track_reseal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "crypto/secret.h"
#include "object/repo_odb.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_reader.h"
#include "safe/safe_resealed.h"
#include "safe/safe_writer.h"
#include "seal/seal.h"
#include "state/track_binding.h"
#include "state/track_internal.h"
#include "state/track_named.h"
#include "sys/cancel.h"

/*
 * Parts of several versions are collected and encrypted together, since each
 * time costs a commit of the scope. The sum of a version comes last. So if the
 * scope has the sum for its present readers, it has all parts as well, and they
 * need not be checked.
 */
#define MANY  ((size_t)4096) /* most parts that are encrypted together */
#define TRIES 5

/* A version whose parts are collected. */
struct work {
	struct gv_track_version v;
	struct gv_track_parts parts;
	size_t from, n; /* its place in the list of parts */
	struct gv_secret key;
	bool is_newest;
};

/* Where an entry of the list comes from: a part, or the sum of a version. */
struct where {
	size_t work, part;
	bool is_sum;
};

struct run {
	struct gv_track_resealed *out;
	struct gv_repo *repo;
	struct gv_odb *odb;
	struct gv_safe *safe;
	const struct gv_track_reseal_opts *opts;
	struct gv_track_named named;
	bool is_newest; /* the next version is the newest of its state */
	const char *env;
	struct work *works;
	size_t n_works, cap_works;
	struct gv_safe_part *list;
	struct where *where;
	size_t n, cap, cap_where;
};

/* ---- what is left ------------------------------------------------------- */

static struct gv_track_shut *
shut_of(struct run *run, const struct gv_track_version *v)
{
	struct gv_track_resealed *out = run->out;
	struct gv_track_shut *s =
	    out->n_shut ? &out->shut[out->n_shut - 1] : NULL;

	if (s && strcmp(s->env, v->env) == 0 && strcmp(s->stack, v->stack) == 0)
		return s;
	if (GV_GROW(out->shut, out->n_shut, out->cap_shut) < 0)
		return NULL;
	s = &out->shut[out->n_shut];
	*s = (struct gv_track_shut){
		.env = gv_arena_copy(&out->arena, v->env, strlen(v->env)),
		.stack = gv_arena_copy(&out->arena, v->stack, strlen(v->stack))
	};
	if (s->env == NULL || s->stack == NULL)
		return NULL;
	out->n_shut++;
	return s;
}

/* Count a version that could not be encrypted again. `why` is the error. */
static int
note_shut(
    struct run *run, const struct gv_track_version *v, bool is_newest, int why)
{
	struct gv_track_shut *s = shut_of(run, v);

	if (s == NULL)
		return gv_err_nomem();
	if (why == GV_ENOKEY) {
		s->unopened++;
		s->is_newest |= is_newest;
	} else if (why < 0) {
		s->damaged++;
	} else {
		s->older++;
	}
	return 0;
}

/* ---- opening ------------------------------------------------------------ */

static int
open_part(void *ctx, struct gv_secret *out, struct gv_seal_reader *reader,
    const struct gv_safe_part *todo)
{
	const struct run *run = ctx;
	const struct where *where = todo->what;
	const struct work *w = &run->works[where->work];
	struct gv_seal_claim claim = {
		.scope = w->v.env, .key = w->key.p, .id = &todo->id
	};

	return where->is_sum
	    ? gv_track_sum_text(out, run->odb, reader, &w->v, &claim)
	    : gv_track_part_open(
		  out, reader, run->odb, &w->parts.list[where->part], &claim);
}

/* ---- what is collected -------------------------------------------------- */

static int
add_todo(struct run *run, const struct gv_digest *id, const struct where *where)
{
	int r;

	if ((r = GV_GROW(run->list, run->n, run->cap)) < 0 ||
	    (r = GV_GROW(run->where, run->n, run->cap_where)) < 0)
		return r;
	run->list[run->n] = (struct gv_safe_part){ .id = *id };
	run->where[run->n++] = *where;
	return 0;
}

/* Encrypt what is on the list. Parts that could not be opened are no failure.
 */
static int
run_list(struct run *run)
{
	struct gv_safe_resealed done = { .values = 0 };
	struct gv_safe_parts parts = {
		.list = run->list, .n = run->n, .open = open_part, .ctx = run
	};
	char *before = gv_err_save();
	size_t i;
	int tries, r = GV_EEXISTS;

	for (i = 0; i < run->n; i++)
		run->list[i].what = &run->where[i];
	/* a snapshot that was taken meanwhile is no reason to give up */
	for (tries = 0; tries < TRIES && r == GV_EEXISTS; tries++) {
		if ((r = tries ? gv_safe_reload(run->safe) : 0) == 0)
			r = gv_safe_reseal_parts(&done, run->safe, run->env,
			    &parts, run->opts->on_add, run->opts->ctx);
	}
	run->out->parts += done.values;
	if (done.n_ids && r != GV_ENOMEM &&
	    gv_vec_grow((void **)&run->out->ids, &run->out->cap_ids,
		run->out->n_ids + done.n_ids, sizeof(*done.ids)) == 0) {
		memcpy(run->out->ids + run->out->n_ids, done.ids,
		    done.n_ids * sizeof(*done.ids));
		run->out->n_ids += done.n_ids;
	}
	free(done.ids);
	if (r == 0 || r == GV_ENOKEY)
		gv_err_restore(before);
	else
		free(before);
	return r == GV_ENOKEY ? 0 : r;
}

static bool
is_done(const struct run *run, const struct work *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (!run->list[w->from + i].is_done)
			return false;
	return true;
}

/* List the sums of the versions whose parts are all done. */
static int
list_sums(struct run *run, bool done[])
{
	struct gv_digest id;
	size_t i;
	int r = 0;

	for (i = 0; i < run->n_works; i++)
		done[i] = is_done(run, &run->works[i]);
	run->n = 0;
	for (i = 0; r == 0 && i < run->n_works; i++) {
		const struct where where = { .work = i, .is_sum = true };

		run->works[i].from = run->n;
		run->works[i].n = 0;
		if (!done[i])
			continue;
		r = gv_track_sum_id(&id, run->odb, &run->works[i].v);
		if (r > 0) {
			r = add_todo(run, &id, &where);
			run->works[i].n = 1;
		}
	}
	return r;
}

static int
settle(struct run *run, const bool done[])
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < run->n_works; i++) {
		const struct work *w = &run->works[i];

		if (done[i] && is_done(run, w))
			run->out->versions++;
		else
			r = note_shut(run, &w->v, w->is_newest, GV_ENOKEY);
	}
	return r;
}

static void
forget(struct run *run)
{
	size_t i;

	for (i = 0; i < run->n_works; i++) {
		gv_track_version_release(&run->works[i].v);
		gv_track_parts_release(&run->works[i].parts);
		gv_secret_release(&run->works[i].key);
	}
	run->n_works = run->n = 0;
}

static int
flush(struct run *run)
{
	bool *done = calloc(run->n_works + 1, sizeof(*done));
	int r = done ? 0 : gv_err_nomem();

	if (r == 0 && run->n_works) {
		if ((r = run_list(run)) == 0 &&
		    (r = list_sums(run, done)) == 0 && (r = run_list(run)) == 0)
			r = settle(run, done);
	}
	free(done);
	forget(run);
	return r;
}

/* ---- versions ----------------------------------------------------------- */

int
gv_track_is_current(
    struct gv_odb *odb, struct gv_safe *safe, const struct gv_track_version *v)
{
	unsigned char readers[GV_SAFE_READERS];
	struct gv_digest id;
	struct gv_oid object;
	bool is = false;
	int r = gv_safe_readers_sum(readers, safe, v->env);

	if (r < 0 || v->seal == GV_POLICY_SEAL_NONE ||
	    memcmp(v->sealed_for, readers, sizeof(readers)) == 0)
		return r < 0 ? r : 1;
	r = gv_track_sum_id(&id, odb, v);
	if (r > 0)
		r = gv_safe_find_part(&object, &is, safe, v->env, &id);
	return r < 0 ? r : r && is;
}

static int
take_key(struct work *w, struct run *run)
{
	const unsigned char *key;
	int r = gv_track_naming_key(&key, run->safe, &w->v);

	if (r == 0 && key == NULL)
		return GV_ENOKEY;
	return r < 0 ? r : gv_secret_add(&w->key, key, GV_DIGEST_KEY);
}

static int
collect(struct run *run, const struct gv_track_version *v, bool is_newest)
{
	struct work *w;
	size_t i;
	int r = GV_GROW(run->works, run->n_works, run->cap_works);

	if (r < 0)
		return r;
	w = &run->works[run->n_works++];
	memset(w, 0, sizeof(*w));
	w->from = run->n;
	w->is_newest = is_newest;
	if ((r = gv_track_version_copy(&w->v, v)) == 0 &&
	    (r = take_key(w, run)) == 0 &&
	    (r = gv_track_parts_list(&w->parts, run->odb, &v->tree)) == 0)
		r = gv_track_parts_name(&w->parts, run->odb);
	for (i = 0; r == 0 && i < w->parts.n; i++) {
		const struct where where = { .work = run->n_works - 1,
			.part = i };

		if (!gv_track_part_is_clear(w->parts.list[i].kind))
			r = add_todo(run, &w->parts.list[i].id, &where);
	}
	w->n = run->n - w->from;
	if (r == 0)
		return 0;
	run->n = w->from;
	gv_track_version_release(&w->v);
	gv_track_parts_release(&w->parts);
	gv_secret_release(&w->key);
	run->n_works--;
	return r;
}

/* Take a version. One that is refused is never shown, so it need not be
 * encrypted again. */
static int
take(struct run *run, const struct gv_track_version *v, bool is_newest)
{
	char *before = gv_err_save();
	int r = gv_track_binding_refuses(run->repo, run->safe, v);

	if (r == 0)
		r = collect(run, v, is_newest);
	if (r == GV_ENOMEM || r == GV_ECANCELED || r == GV_ERROR) {
		free(before);
		return r;
	}
	gv_err_restore(before);
	return r ? note_shut(run, v, is_newest, r > 0 ? GV_ECORRUPT : r) : 0;
}

static int
on_version(void *ctx, const struct gv_track_version *v)
{
	struct run *run = ctx;
	bool is_newest = run->is_newest;
	int r = gv_cancel_requested()
	    ? gv_cancel_error()
	    : gv_track_is_current(run->odb, run->safe, v);

	run->is_newest = false;
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
		return note_shut(run, v, is_newest, r);
	if (r != 0)
		return r < 0 ? r : 0;
	if (run->opts->looks_only ||
	    !(run->opts->all_versions || is_newest ||
		gv_track_named_has(&run->named, &v->commit)))
		return note_shut(run, v, is_newest, 0);
	r = take(run, v, is_newest);
	return r == 0 && run->n >= MANY ? flush(run) : r;
}

/* Visit the versions of a state. Verify reports a chain that is broken. */
static int
on_state(void *ctx, const struct gv_track_version *newest)
{
	struct run *run = ctx;
	const struct gv_track_of of = { newest->env, newest->stack };
	char *before = gv_err_save();
	int r;

	run->is_newest = true;
	run->env = newest->env;
	r = gv_track_log(run->repo, &of, on_version, run);
	if (r == 0 || r == GV_ECORRUPT || r == GV_ENOTFOUND ||
	    r == GV_EREFUSED) {
		gv_err_restore(before);
		return flush(run);
	}
	free(before);
	return r;
}

static int
pass(void *ctx, const char *ref)
{
	(void)ctx, (void)ref;
	return 0;
}

int
gv_track_reseal(struct gv_track_resealed *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_track_reseal_opts *opts)
{
	struct run run = {
		.out = out, .repo = repo, .safe = safe, .opts = opts
	};
	int r;

	if ((r = gv_repo_odb(repo, &run.odb)) < 0)
		goto out;
	if (gv_safe_keyring(safe) == NULL)
		return 0;
	if (!opts->all_versions && !opts->looks_only &&
	    (r = gv_track_named_load(&run.named, repo)) < 0)
		goto out;
	r = gv_track_each(repo, on_state, pass, &run);
out:
	forget(&run);
	gv_track_named_release(&run.named);
	free(run.works);
	free(run.list);
	free(run.where);
	return r;
}

void
gv_track_resealed_release(struct gv_track_resealed *out)
{
	if (out == NULL)
		return;
	free(out->shut);
	free(out->ids);
	gv_arena_release(&out->arena);
	memset(out, 0, sizeof(*out));
}
