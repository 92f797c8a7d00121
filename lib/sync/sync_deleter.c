#include <string.h>

#include "base/err.h"
#include "object/odb.h"
#include "record/tombstone.h"
#include "retention/trash_write.h"
#include "sync/sync_internal.h"
#include "vault/ledger.h"

/*
 * Who deleted what the remote says is deleted: the author of the step of its
 * list that first says so. Nobody signed that, so it is a name to ask, no more.
 */

#define STEPS 64  /* at most that are looked at */
#define MANY  128 /* snapshots; of more it would take too long */

struct step {
	struct gv_ledger ledger;
	struct gv_oid parents[2]; /* zero: none */
	char *who;
};

/* The text of the commit up to its message. */
static int
read_step(struct step *s, struct gv_sync_merge *m, const struct gv_oid *commit)
{
	struct gv_object obj = { 0 };
	const char *p, *end;
	size_t n = 0;
	int r;

	memset(s, 0, sizeof(*s));
	if ((r = gv_ledger_load(&s->ledger, m->odb, commit)) < 0 ||
	    (r = gv_odb_read_type(m->odb, &obj, commit, GV_OTYPE_COMMIT)) < 0)
		return r;
	for (p = (const char *)obj.data; p && *p != '\n';
	     p = strchr(p, '\n'), p = p ? p + 1 : NULL) {
		if (n < 2 && strncmp(p, "parent ", 7) == 0 &&
		    gv_oid_parse(&s->parents[n], p + 7) == 0)
			n++;
		if (strncmp(p, "author ", 7) != 0)
			continue;
		end = memchr(p, '>', strcspn(p, "\n"));
		if (end)
			s->who = gv_arena_copy(
			    &m->arena, p + 7, (size_t)(end + 1 - (p + 7)));
	}
	gv_object_release(&obj);
	return 0;
}

static bool
says(struct gv_sync_merge *m, const struct gv_ledger *ledger, const char *id)
{
	return gv_tombstone_find(NULL, m->odb, ledger, id) > 0;
}

/* Name those that this step is the first to delete; *next is the parent that
 * says so of one of the others, or zero. */
static int
look(struct gv_sync_merge *m, const struct gv_oid *commit, struct gv_oid *next)
{
	struct gv_ledger before[2] = { { .tip = { { 0 } } } };
	struct step s;
	size_t i, p;
	int r = read_step(&s, m, commit);

	memset(next, 0, sizeof(*next));
	for (p = 0; r == 0 && p < 2; p++)
		r = gv_ledger_load(&before[p], m->odb, &s.parents[p]);
	for (i = 0; r == 0 && i < m->n_dropped; i++) {
		struct gv_trash_new *d = &m->dropped[i];

		if (d->who || !says(m, &s.ledger, d->id))
			continue;
		for (p = 0; p < 2; p++)
			if (!gv_oid_is_zero(&s.parents[p]) &&
			    says(m, &before[p], d->id))
				break;
		if (p == 2)
			d->who = s.who;
		else if (gv_oid_is_zero(next))
			*next = s.parents[p];
	}
	return r;
}

int
gv_sync_name_deleters(struct gv_sync_merge *m)
{
	struct gv_oid at = m->deleted[GV_SYNC_AT_THEIRS].tip, next;
	size_t n;
	int r = 0;

	if (m->n_dropped > MANY)
		return 0;
	for (n = 0; r == 0 && n < STEPS && !gv_oid_is_zero(&at); n++) {
		r = look(m, &at, &next);
		at = next;
	}
	/* what cannot be read names nobody */
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}
