#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "safe/safe_internal.h"
#include "seal/seal.h"
#include "sys/workers.h"

/*
 * Whoever may push can put anything under an id, and whoever has a value of
 * this id later would believe that it is sealed. So what a fetch brought is
 * opened once, by who can: what is not what its id says is left out. What
 * cannot be opened though it should may be right, and is taken; but it does not
 * count as sealed.
 */

struct admission {
	struct gv_safe *safe;
	struct gv_safe_scope *theirs;
	const struct gv_identity *const *with;
	size_t n_with;
	struct gv_secret idkey;
	bool is_reader; /* one of us opens what is sealed for this scope */
	struct gv_safe_entry **list;
	size_t n;
	atomic_size_t next;
};

/* Another key may have named it; with one that cannot be had nothing is known.
 */
static int
read_by_others(const struct admission *a, struct gv_seal_reader *reader,
    const struct gv_safe_entry *e, struct gv_seal_claim *claim)
{
	size_t i;
	int r = GV_ECORRUPT;

	if (a->theirs->n_foreign == GV_SAFE_KEYS)
		return 0;
	for (i = 0; r == GV_ECORRUPT && i < a->theirs->n_foreign; i++) {
		claim->key = gv_safe_foreign_key(a->theirs, i, a->safe);
		if (claim->key == NULL)
			return 0;
		r = gv_seal_read(
		    reader, a->safe->odb, &e->object, claim, NULL, NULL);
	}
	return r;
}

/* Whether there is a doubt about an entry, which then says what kind: 1, 0, or
 * GV_ENOMEM. */
static int
doubt(const struct admission *a, struct gv_seal_reader *reader,
    struct gv_safe_entry *e)
{
	struct gv_seal_claim claim = {
		.key = a->idkey.p, .scope = a->theirs->name, .id = &e->id
	};
	int r =
	    gv_seal_read(reader, a->safe->odb, &e->object, &claim, NULL, NULL);

	if (r == GV_ECORRUPT)
		r = read_by_others(a, reader, e, &claim);
	if (r == GV_ENOKEY && a->is_reader && !e->is_stale) {
		e->is_stale = true;
		return 1;
	}
	if (r == GV_ECORRUPT)
		e->is_stale = false;
	return r == GV_ENOMEM ? r : r == GV_ECORRUPT;
}

/* A thread's part; what is right leaves the list. */
static int
work(void *ctx, int i)
{
	struct admission *a = ctx;
	struct gv_seal_reader *reader;
	size_t at;
	int found = 0;
	int r = gv_seal_reader_new(&reader, a->with, a->n_with);

	(void)i;
	if (r < 0)
		return r;
	while (found >= 0 && (at = atomic_fetch_add(&a->next, 1)) < a->n) {
		found = doubt(a, reader, a->list[at]);
		if (found == 0)
			a->list[at] = NULL;
	}
	gv_seal_reader_free(reader);
	return found < 0 ? found : 0;
}

/* What we have not as it is. */
static int
list_new(struct admission *a, struct gv_safe_scope *ours)
{
	const struct gv_safe_entry *own;
	size_t i, n;
	int r = gv_safe_scope_list(&a->list, &n, a->theirs, false);

	for (i = 0; r == 0 && i < n; i++) {
		own = gv_safe_scope_find(ours, &a->list[i]->id);
		if (!own || !gv_oid_equal(&own->object, &a->list[i]->object))
			a->list[a->n++] = a->list[i];
	}
	return r;
}

/* Nobody is asked for anything, since it may be any command that merges. */
static int
open_idkey(struct admission *a)
{
	struct gv_idkey key = { .name = "" };
	int r = gv_safe_identities_at_hand(&a->with, &a->n_with, a->safe);

	if (r == 0 && a->n_with)
		r = gv_keyring_open_idkey(
		    &key, a->safe->repo, &a->safe->kept, a->with, a->n_with);
	if (r == 0 && a->n_with)
		r = gv_secret_add(&a->idkey, key.bytes, sizeof(key.bytes));
	explicit_bzero(&key, sizeof(key));
	return r == GV_ENOMEM ? r : 0;
}

static int
check(struct admission *a, struct gv_safe_scope *ours)
{
	int r = open_idkey(a);

	if (r < 0 || a->idkey.len == 0)
		return r;
	r = gv_safe_may_read(&a->is_reader, a->safe, a->theirs->name);
	if (r == 0)
		r = gv_safe_scope_ready(a->theirs, a->safe);
	if (r == 0)
		r = list_new(a, ours);
	if (r == 0 && a->n)
		r = gv_workers_run(gv_workers_count(0), work, a);
	return r;
}

int
gv_safe_admit(struct gv_safe_some *doubts, struct gv_safe *safe,
    struct gv_safe_scope *ours, struct gv_safe_scope *theirs)
{
	struct admission a = {
		.safe = safe, .theirs = theirs, .idkey = GV_SECRET_INIT
	};
	char *before = gv_err_save();
	size_t i;
	int r = check(&a, ours);

	*doubts = (struct gv_safe_some){ a.list, 0 };
	for (i = 0; r == 0 && i < a.n; i++)
		if (a.list[i])
			doubts->list[doubts->n++] = a.list[i];
	gv_secret_release(&a.idkey);
	return gv_err_settle(r, before);
}
