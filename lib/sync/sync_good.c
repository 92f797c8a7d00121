#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "object/odb.h"
#include "record/good.h"
#include "repo/refs.h"
#include "sync/sync_internal.h"

/*
 * Known-good records are all kept. A number is a place, no name: where both
 * sides have given one to records of their own, that of the remote keeps it,
 * since others may have seen it there, and ours goes behind all that there are.
 * Nothing in a record says its number, so what is here is not taken once more
 * by a higher one.
 */

#define NUMBER_MAX 1000000000ul

/* How much of the name is the environment's, with its '/'; 0: it has none. */
static size_t
env_len(const char *name)
{
	const char *slash = strrchr(name, '/');

	return strncmp(name, GV_REFS_GOOD, strlen(GV_REFS_GOOD)) == 0
	    ? (size_t)(slash + 1 - name)
	    : 0;
}

/* What stands behind the environment, 0 where it is no number. */
static unsigned long
number_in(const char *name, const char *of, size_t len)
{
	char *end;
	unsigned long n;

	if (strncmp(name, of, len) != 0 || name[len] < '1' || name[len] > '9')
		return 0;
	n = strtoul(name + len, &end, 10);
	return *end || n > NUMBER_MAX ? 0 : n;
}

/* Whether both sides have one of that name; the remote's then keeps it. What is
 * none there is not taken, so ours would have to make room for it each time. */
static bool
is_taken(struct gv_odb *odb, const struct gv_sync_ref *ref)
{
	enum gv_otype type;
	size_t size;

	return !gv_oid_is_zero(&ref->ours) && !gv_oid_is_zero(&ref->theirs) &&
	    !gv_oid_equal(&ref->ours, &ref->theirs) &&
	    gv_sync_kind_is_name(ref->kind, ref->name) &&
	    gv_odb_read_header(odb, &type, &size, &ref->theirs) == 0 &&
	    type == GV_OTYPE_TAG;
}

/* What the numbers of an environment come to. */
struct count {
	unsigned long last;  /* of both sides */
	unsigned long first; /* that is taken; 0: none */
	unsigned long below; /* refs here that move, those before this one */
};

static bool
is_moving(struct gv_odb *odb, const struct gv_sync_ref *ref, unsigned long n,
    unsigned long first)
{
	return first && n >= first && !gv_oid_is_zero(&ref->ours) &&
	    (gv_oid_is_zero(&ref->theirs) || is_taken(odb, ref));
}

/* Of ours moves what is taken, and what the remote does not have yet behind
 * that: they stay in their order, by which the newest is found. */
static struct count
count(const struct gv_sync_merge *m, const char *of, size_t len)
{
	const struct gv_sync_refs *refs = &m->s->refs;
	struct count c = { 0 };
	unsigned long n, own = number_in(of, of, len);
	size_t i;

	/* those that the patterns leave out are here all the same */
	for (i = 0; i < refs->ours.n; i++) {
		n = number_in(refs->ours.refs[i].name, of, len);
		c.last = n > c.last ? n : c.last;
	}
	for (i = 0; i < refs->n; i++) {
		n = number_in(refs->refs[i].name, of, len);
		c.last = n > c.last ? n : c.last;
		if (n && is_taken(m->odb, &refs->refs[i]) &&
		    (c.first == 0 || n < c.first))
			c.first = n;
	}
	for (i = 0; i < refs->n; i++) {
		n = number_in(refs->refs[i].name, of, len);
		c.below += n && n < own &&
		    is_moving(m->odb, &refs->refs[i], n, c.first);
	}
	return c;
}

static int
renumber(struct gv_sync_merge *m, const struct gv_sync_ref *ref, size_t len,
    unsigned long to)
{
	static const struct gv_oid none;
	struct gv_buf name = GV_BUF_INIT;
	struct gv_sync_ref moved = *ref;
	int r;

	gv_buf_add(&name, ref->name, len);
	gv_buf_addf(&name, "%lu", to);
	if ((r = gv_buf_check(&name)) == 0) {
		gv_ledger_move(&m->edit, name.p, &ref->ours, &none);
		moved.name = name.p;
		moved.theirs = none;
		r = gv_sync_note(m->s, GV_SYNC_MERGED, &moved, NULL);
	}
	gv_buf_release(&name);
	return r;
}

/* Whether the remote has it by another number, by which ours is taken then: two
 * remotes that count differently would else have it once more each time. */
static bool
is_there(
    const struct gv_sync_refs *refs, const struct gv_sync_ref *ref, size_t len)
{
	size_t i;

	for (i = 0; i < refs->n; i++)
		if (gv_oid_equal(&refs->refs[i].theirs, &ref->ours) &&
		    number_in(refs->refs[i].name, ref->name, len))
			return true;
	return false;
}

static int
make_room(struct gv_sync_merge *m, struct gv_sync_ref *ref, size_t len)
{
	static const struct gv_oid none;
	unsigned long own = number_in(ref->name, ref->name, len);
	struct count c = count(m, ref->name, len);
	int r;

	if (!is_moving(m->odb, ref, own, c.first))
		return gv_oid_is_zero(&ref->theirs)
		    ? 0
		    : gv_sync_take(m, ref, GV_OTYPE_TAG);
	if (is_there(&m->s->refs, ref, len)) {
		r = gv_oid_is_zero(&ref->theirs)
		    ? gv_sync_note(m->s, GV_SYNC_MERGED, ref, NULL)
		    : 0;
	} else if (c.last + c.below >= NUMBER_MAX) {
		(void)gv_err(GV_EREFUSED,
		    "both sides have made a record of this number, and no "
		    "higher number is free");
		return gv_sync_conflict(m->s, ref);
	} else {
		r = renumber(m, ref, len, c.last + c.below + 1);
	}
	if (r < 0)
		return r;
	if (!gv_oid_is_zero(&ref->theirs))
		return gv_sync_take(m, ref, GV_OTYPE_TAG);
	gv_ledger_move(&m->edit, ref->name, &none, &ref->ours);
	return 0;
}

/* Whether a record here gives up its number in this merge. */
static bool
goes(const struct gv_sync_merge *m, const char *name, size_t len)
{
	const struct gv_sync_refs *refs = &m->s->refs;
	size_t i;

	for (i = 0; i < refs->n; i++)
		if (strcmp(refs->refs[i].name, name) == 0)
			return is_moving(m->odb, &refs->refs[i],
			    number_in(name, name, len),
			    count(m, name, len).first);
	return false;
}

/* Whether what they have is here by another number, and stays: the same record
 * did not come later. */
static bool
is_here(
    const struct gv_sync_merge *m, const struct gv_sync_ref *ref, size_t len)
{
	const struct gv_refs *ours = &m->s->refs.ours;
	size_t i;

	for (i = 0; i < ours->n; i++)
		if (gv_oid_equal(&ours->refs[i].oid, &ref->theirs) &&
		    number_in(ours->refs[i].name, ref->name, len) &&
		    !goes(m, ours->refs[i].name, len))
			return true;
	return false;
}

int
gv_sync_good(struct gv_sync_merge *m, struct gv_sync_ref *ref)
{
	size_t len = env_len(ref->name);

	if (gv_oid_is_zero(&ref->ours))
		return is_here(m, ref, len)
		    ? 0
		    : gv_sync_take(m, ref, GV_OTYPE_TAG);
	return number_in(ref->name, ref->name, len) ? make_room(m, ref, len)
						    : gv_sync_made_once(m, ref);
}
