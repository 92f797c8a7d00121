#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "safe/safe_internal.h"
#include "safe/safe_who.h"
#include "safe/safe_writer.h"
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
	bool is_reader; /* one of us opens what is sealed for this scope */
	struct gv_safe_entry **list;
	size_t n;
	atomic_size_t next;
};

/* Try every key that may have named the value. If one of these keys is missing,
 * the result is not known. */
static int
read_by_any(const struct admission *a, struct gv_seal_reader *reader,
    const struct gv_safe_entry *e)
{
	struct gv_seal_claim claim = { .scope = a->theirs->name, .id = &e->id };
	size_t i;
	bool is_unknown = a->theirs->n_foreign == GV_SAFE_KEYS;
	int r = GV_ECORRUPT;

	for (i = 0; r == GV_ECORRUPT &&
	     gv_safe_scope_claim(&claim, a->theirs, i, a->safe);
	     i++) {
		is_unknown = is_unknown || claim.key == NULL;
		if (claim.key)
			r = gv_seal_read(reader, a->safe->odb, &e->object,
			    &claim, NULL, NULL);
	}
	return r == GV_ECORRUPT && is_unknown ? 0 : r;
}

/* Whether there is a doubt about an entry, which then says what kind: 1, 0, or
 * GV_ENOMEM. */
static int
doubt(const struct admission *a, struct gv_seal_reader *reader,
    struct gv_safe_entry *e)
{
	int r = read_by_any(a, reader, e);

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

static int
check(struct admission *a, struct gv_safe_scope *ours)
{
	const struct gv_safe_keys *keys;
	int r;

	/* ask the user nothing: any command may merge */
	keys = gv_safe_keys_of(&r, a->safe, a->theirs->name);
	if (keys == NULL || !keys->is_reader)
		return r;
	r = gv_safe_identities_at_hand(&a->with, &a->n_with, a->safe);
	if (r < 0)
		return r;
	r = gv_safe_may_read(&a->is_reader, a->safe, a->theirs->name);
	if (r < 0 || (r = gv_safe_scope_ready(a->theirs, a->safe)) < 0 ||
	    (r = list_new(a, ours)) < 0)
		return r;
	if (a->n)
		return gv_workers_run(gv_workers_count(0), work, a);
	return 0;
}

int
gv_safe_admit(struct gv_safe_some *doubts, struct gv_safe *safe,
    struct gv_safe_scope *ours, struct gv_safe_scope *theirs)
{
	struct admission a = { .safe = safe, .theirs = theirs };
	char *before = gv_err_save();
	size_t i;
	int r = check(&a, ours);

	*doubts = (struct gv_safe_some){ a.list, 0 };
	for (i = 0; r == 0 && i < a.n; i++)
		if (a.list[i])
			doubts->list[doubts->n++] = a.list[i];
	return gv_err_settle(r, before);
}
