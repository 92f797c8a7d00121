#include "statelock/statelock_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "vault/label.h"

#define BATCH 200 /* refs of one fetch */

struct listing {
	struct gv_statelock_list *out;
	struct gv_repo *repo;
	const char *remote;
	int64_t now;
	struct gv_refs here, there;
};

/* Environment and stack of a ref; false where it is no ref of a lock. */
static bool
split(
    char env[GV_STATELOCK_NAME], char stack[GV_STATELOCK_NAME], const char *ref)
{
	const char *name = ref + strlen(GV_REFS_LOCKS), *slash;

	if (strncmp(ref, GV_REFS_LOCKS, strlen(GV_REFS_LOCKS)) != 0)
		return false;
	slash = strchr(name, '/');
	if (slash == NULL || slash - name >= GV_STATELOCK_NAME ||
	    strlen(slash + 1) >= GV_STATELOCK_NAME)
		return false;
	memcpy(env, name, (size_t)(slash - name));
	env[slash - name] = '\0';
	memcpy(stack, slash + 1, strlen(slash + 1) + 1);
	return gv_label_is_valid(env) && gv_label_is_valid(stack);
}

static int
look(struct listing *l)
{
	int r;

	gv_refs_release(&l->here);
	gv_refs_release(&l->there);
	r = gv_ref_list(&l->here, l->repo, GV_REFS_LOCKS);
	if (r == 0 && l->remote)
		r = gv_statelock_remote_ask(
		    &l->there, l->repo, l->remote, GV_REFS_LOCKS "*");
	return r;
}

/* ---- what a kill left ---- */

/* As where a killed git has left its lock. */
static int
stays(struct listing *l, const char *env, const char *stack)
{
	(void)gv_err_in(GV_ERROR,
	    "the lock of %s/%s differs here and on the remote '%s', which "
	    "cannot be put right",
	    env, stack, l->remote);
	free(l->out->unmended);
	l->out->unmended = gv_err_save();
	return l->out->unmended ? 1 : gv_err_nomem();
}

/* Where somebody works on it right now, or where we may not write, nobody can
 * tell whether a kill left it: then it is listed as it is. */
static int
mend_one(struct listing *l, const char *ref)
{
	char env[GV_STATELOCK_NAME], stack[GV_STATELOCK_NAME];
	const struct gv_statelock_at at = { env, stack, l->remote, l->now };
	const struct gv_ref *here = gv_refs_find(&l->here, ref);
	const struct gv_ref *there = gv_refs_find(&l->there, ref);
	struct gv_buf notes = GV_BUF_INIT;
	struct gv_statelock_work w;
	bool noted, is_open;
	int r;

	if (!split(env, stack, ref) ||
	    (here && there && gv_oid_equal(&here->oid, &there->oid)))
		return 0;
	gv_buf_addf(&notes, "%s/vault/locks/%s/%s/remotes", l->repo->common_dir,
	    env, stack);
	noted = gv_buf_check(&notes) == 0 && gv_file_exists(AT_FDCWD, notes.p);
	gv_buf_release(&notes);
	if (!noted)
		return 0;
	r = gv_statelock_work_open(&w, l->repo, &at);
	is_open = r == 0;
	if (is_open)
		r = gv_statelock_work_mend(&w);
	gv_statelock_work_close(&w);
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	return r < 0 && is_open ? stays(l, env, stack) : 1;
}

static int
mend(struct listing *l)
{
	size_t i;
	int r = 0, some = 0;

	for (i = 0; r >= 0 && i < l->here.n; i++, some |= r)
		r = mend_one(l, l->here.refs[i].name);
	for (i = 0; r >= 0 && i < l->there.n; i++, some |= r)
		if (!gv_refs_find(&l->here, l->there.refs[i].name))
			r = mend_one(l, l->there.refs[i].name);
	return r < 0 ? r : some ? look(l) : 0;
}

/* ---- the records ---- */

/* Those that only the remote has, some at a time. What cannot be had is listed
 * as such. */
static int
fetch(struct listing *l)
{
	const char *refs[BATCH + 1];
	size_t i, n = 0;
	int r = 0;

	for (i = 0; i < l->there.n; i++) {
		if (!gv_statelock_blob_is_there(l->repo, &l->there.refs[i].oid))
			refs[n++] = l->there.refs[i].name;
		if (n == 0 || (n < BATCH && i + 1 < l->there.n))
			continue;
		refs[n] = NULL;
		n = 0;
		r = gv_statelock_remote_fetch(l->repo, l->remote, refs);
		if (r == GV_ENOMEM || r == GV_ECANCELED)
			return r;
	}
	return 0;
}

static int
add(struct listing *l, const struct gv_ref *ref, bool is_here, bool is_there)
{
	char env[GV_STATELOCK_NAME], stack[GV_STATELOCK_NAME];
	struct gv_statelock *lock;
	int r;

	if (!split(env, stack, ref->name))
		return 0;
	if (gv_vec_grow((void **)&l->out->locks, &l->out->cap, l->out->n + 1,
		sizeof(*lock)) < 0)
		return GV_ENOMEM;
	lock = &l->out->locks[l->out->n++];
	r = gv_statelock_blob_read(lock, l->repo, env, stack, &ref->oid);
	lock->is_here = is_here;
	lock->is_there = is_there;
	return r;
}

/* Both lists are sorted. */
static int
merge(struct listing *l)
{
	const struct gv_ref *a, *b;
	size_t i = 0, j = 0;
	int c, r = 0;

	while (r == 0 && (i < l->here.n || j < l->there.n)) {
		a = i < l->here.n ? &l->here.refs[i] : NULL;
		b = j < l->there.n ? &l->there.refs[j] : NULL;
		c = !a ? 1 : !b ? -1 : strcmp(a->name, b->name);
		if (a && b && c == 0 && gv_oid_equal(&a->oid, &b->oid)) {
			r = add(l, a, true, true);
			i++;
			j++;
		} else if (a && c <= 0) {
			r = add(l, a, true, false);
			i++;
		} else if (b) {
			r = add(l, b, false, true);
			j++;
		}
	}
	return r;
}

int
gv_statelock_list_load(struct gv_statelock_list *out, struct gv_repo *repo,
    const char *remote, int64_t now)
{
	struct listing l = { .repo = repo, .remote = remote, .now = now };
	int r;

	memset(out, 0, sizeof(*out));
	l.out = out;
	if ((r = look(&l)) == 0 && remote)
		r = mend(&l);
	if (r == 0 && (r = fetch(&l)) == 0)
		r = merge(&l);
	gv_refs_release(&l.here);
	gv_refs_release(&l.there);
	if (r < 0)
		gv_statelock_list_release(out);
	return r;
}

void
gv_statelock_list_release(struct gv_statelock_list *list)
{
	size_t i;

	if (list == NULL)
		return;
	for (i = 0; i < list->n; i++)
		gv_statelock_release(&list->locks[i]);
	free(list->locks);
	free(list->unmended);
	memset(list, 0, sizeof(*list));
}
