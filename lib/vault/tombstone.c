#include "vault/tombstone.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/time.h"
#include "base/vec.h"
#include "store/odb.h"
#include "store/ref.h"
#include "store/tree.h"
#include "vault/ledger.h"
#include "vault/record.h"

#define MONTH 6 /* of an id: YYYYMM */
#define DAY   86400
#define ENTRY 17 /* YYYYMMDDT000000Z and LF */

/* Until then somebody has seen that a clock is wrong. */
#define SEEN ((int64_t)30 * DAY)

#define MANY 4096 /* steps at most that are looked at */

/*
 *	202611/20261120T071244Z-1a2b3c4d	"20261121T000000Z\n"
 *
 * The month is the id's, so that a deletion rewrites one small tree; the time
 * is the day's beginning, so that all deletions of a day share a blob.
 */

int
gv_tombstone_parse(int64_t *day, const void *data, size_t len)
{
	if (len != ENTRY || ((const char *)data)[ENTRY - 1] != '\n' ||
	    gv_time_parse_compact(day, data) < 0)
		return gv_err(
		    GV_ECORRUPT, "an entry of " GV_TOMBSTONE_REF " is no time");
	return 0;
}

static int
damaged(int r)
{
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	return gv_err_in(GV_ECORRUPT,
	    "the list of deleted snapshots, " GV_TOMBSTONE_REF
	    ", is damaged (without that ref nothing counts as deleted)");
}

/* A folder that is named YYYYMM; no other has an id that there can be. */
static bool
is_month(const struct gv_tree_entry *e)
{
	return e->mode == GV_MODE_DIR && e->name_len == MONTH &&
	    strspn(e->name, "0123456789") == MONTH &&
	    strncmp(e->name + 4, "01", 2) >= 0 &&
	    strncmp(e->name + 4, "12", 2) <= 0;
}

/* --- who is deleted --- */

struct split {
	struct gv_refs *refs;
	struct gv_odb *odb;
	bool *gone; /* one a ref */
	size_t at;  /* of the refs */
};

static const char *
id_of(const struct gv_ref *ref)
{
	return ref->name + strlen(GV_REF_SNAPSHOTS);
}

/* Refs and entries are both sorted by id. */
static int
split_month(struct split *s, const struct gv_tree_entry *month)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = gv_odb_read_type(s->odb, &obj, &month->oid, GV_OTYPE_TREE);

	if (r < 0)
		return r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		while (s->at < s->refs->n &&
		    strcmp(id_of(&s->refs->refs[s->at]), e.name) < 0)
			s->at++;
		if (s->at < s->refs->n &&
		    strcmp(id_of(&s->refs->refs[s->at]), e.name) == 0)
			s->gone[s->at] = true;
	}
	gv_object_release(&obj);
	return r;
}

static int
split_root(struct split *s, const struct gv_oid *tree)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = gv_odb_read_type(s->odb, &obj, tree, GV_OTYPE_TREE);

	if (r < 0)
		return r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		if (!is_month(&e))
			continue;
		while (s->at < s->refs->n &&
		    strncmp(id_of(&s->refs->refs[s->at]), e.name, MONTH) < 0)
			s->at++;
		/* a month without a snapshot is not even read */
		if (s->at < s->refs->n &&
		    strncmp(id_of(&s->refs->refs[s->at]), e.name, MONTH) == 0)
			r = split_month(s, &e);
		if (r < 0)
			break;
	}
	gv_object_release(&obj);
	return r;
}

static int
reorder(struct split *s, size_t *live)
{
	struct gv_ref *sorted = calloc(s->refs->n + 1, sizeof(*sorted));
	size_t i, n = 0, pass;

	if (sorted == NULL)
		return gv_err_nomem();
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < s->refs->n; i++)
			if (s->gone[i] == (pass == 1))
				sorted[n++] = s->refs->refs[i];
		if (pass == 0)
			*live = n;
	}
	free(s->refs->refs);
	s->refs->refs = sorted;
	return 0;
}

int
gv_tombstone_split(struct gv_refs *refs, size_t *live, struct gv_odb *odb,
    const struct gv_oid *tip)
{
	struct split s = { .refs = refs, .odb = odb };
	struct gv_ledger ledger;
	int r;

	*live = refs->n;
	if (tip == NULL || refs->n == 0)
		return 0;
	s.gone = calloc(refs->n, sizeof(*s.gone));
	if (s.gone == NULL)
		return gv_err_nomem();
	r = gv_ledger_load(&ledger, odb, tip);
	if (r == 0)
		r = split_root(&s, &ledger.tree);
	r = r < 0 ? damaged(r) : reorder(&s, live);
	free(s.gone);
	return r;
}

static int
read_day(int64_t *day, struct gv_odb *odb, const struct gv_oid *oid)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(odb, &obj, oid, GV_OTYPE_BLOB);

	if (r == 0)
		r = gv_tombstone_parse(day, obj.data, obj.len);
	gv_object_release(&obj);
	return r;
}

int
gv_tombstone_find(int64_t *day, struct gv_odb *odb,
    const struct gv_ledger *ledger, const char *id)
{
	char path[MONTH + 1 + GV_RECORD_ID_LEN + 1];
	struct gv_oid oid;
	unsigned mode;
	int r;

	if (gv_oid_is_zero(&ledger->tree) || !gv_record_is_id(id, strlen(id)))
		return 0;
	memcpy(path, id, MONTH);
	path[MONTH] = '/';
	memcpy(path + MONTH + 1, id, GV_RECORD_ID_LEN + 1);
	r = gv_tree_find(odb, &ledger->tree, path, &mode, &oid);
	if (r == GV_ENOTFOUND)
		return 0;
	if (r == 0 && day)
		r = read_day(day, odb, &oid);
	return r < 0 ? damaged(r) : 1;
}

/* --- writing --- */

/* The changes of one month. */
struct month {
	char name[MONTH + 1];
	struct gv_oid old;
	struct gv_ledger_change *changes;
	size_t n, cap;
};

struct adding {
	struct gv_ledger_edit *edit;
	int64_t then; /* when it has to have been a year */
	struct month **months;
	size_t n, cap;
	struct gv_map by_name; /* months; the keys are theirs */
	struct gv_map days;    /* from an entry's blob to what is known of it */
	struct day {
		struct gv_oid oid;
		bool old;
		struct day *next;
	} * known;
};

static struct month *
month_of(struct adding *a, const char *id)
{
	struct month *m = gv_map_get(&a->by_name, id, MONTH);

	if (m)
		return m;
	if (gv_vec_grow(
		(void **)&a->months, &a->cap, a->n + 1, sizeof(*a->months)) < 0)
		return NULL;
	m = calloc(1, sizeof(*m));
	if (m == NULL) {
		(void)gv_err_nomem();
		return NULL;
	}
	memcpy(m->name, id, MONTH);
	a->months[a->n++] = m;
	return gv_map_put(&a->by_name, m->name, MONTH, m) < 0 ? NULL : m;
}

static int
change(struct month *m, const char *name, const struct gv_oid *oid)
{
	int r = gv_vec_grow(
	    (void **)&m->changes, &m->cap, m->n + 1, sizeof(*m->changes));

	if (r < 0)
		return r;
	m->changes[m->n] =
	    (struct gv_ledger_change){ .name = name, .mode = GV_MODE_FILE };
	if (oid)
		m->changes[m->n].oid = *oid;
	m->n++;
	return 0;
}

static bool
is_past(const struct adding *a, int64_t when)
{
	return a->then > when && a->then - when > GV_TOMBSTONE_AGE;
}

/* Whether the entry is over a year old: 1 or 0. One that cannot be read is
 * not: better one too many than a snapshot that comes back. */
static int
is_old_day(struct adding *a, const struct gv_oid *oid)
{
	struct day *d = gv_map_get(&a->days, oid->id, GV_OID_RAW);
	int64_t when;
	int r;

	if (d)
		return d->old;
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return gv_err_nomem();
	d->next = a->known;
	a->known = d;
	d->oid = *oid;
	r = read_day(&when, a->edit->odb, oid);
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	d->old = r == 0 && is_past(a, when);
	r = gv_map_put(&a->days, d->oid.id, GV_OID_RAW, d);
	return r < 0 ? r : d->old;
}

/* Nobody deletes what is not taken yet: an entry that says so is of a clock
 * that was wrong, so the snapshot has to be over a year old, too. */
static int
is_old(struct adding *a, const struct gv_tree_entry *e)
{
	int64_t taken;

	if (gv_record_is_id(e->name, e->name_len) &&
	    gv_time_parse_compact(&taken, e->name) == 0 && !is_past(a, taken))
		return 0;
	return is_old_day(a, &e->oid);
}

static bool
is_changed(const struct month *m, size_t n, const char *name)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = strcmp(m->changes[mid].name, name);

		if (order == 0)
			return true;
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(((const struct gv_ledger_change *)a)->name,
	    ((const struct gv_ledger_change *)b)->name);
}

/* Let the old entries of a month go. */
static int
expire_month(struct adding *a, const struct gv_tree_entry *entry)
{
	struct month *m = month_of(a, entry->name);
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	size_t fresh = m ? m->n : 0;
	int r, old;

	if (m == NULL)
		return GV_ENOMEM;
	m->old = entry->oid;
	if (fresh)
		qsort(m->changes, fresh, sizeof(*m->changes), compare_names);
	r = gv_odb_read_type(a->edit->odb, &obj, &entry->oid, GV_OTYPE_TREE);
	if (r < 0)
		return r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		char *name;

		old = is_old(a, &e);
		r = old < 0 ? old : 0;
		if (r < 0)
			break;
		if (!old || is_changed(m, fresh, e.name))
			continue;
		name = strdup(e.name);
		r = name ? change(m, name, NULL) : gv_err_nomem();
		if (r < 0) {
			free(name);
			break;
		}
	}
	gv_object_release(&obj);
	return r;
}

static int
expire(struct adding *a, const struct gv_oid *tree)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r;

	if (gv_oid_is_zero(tree))
		return 0;
	r = gv_odb_read_type(a->edit->odb, &obj, tree, GV_OTYPE_TREE);
	if (r < 0)
		return r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		if (is_month(&e))
			r = expire_month(a, &e);
		if (r < 0)
			break;
	}
	gv_object_release(&obj);
	return r;
}

static int
write_months(struct adding *a, struct gv_oid *root, const struct gv_oid *old)
{
	struct gv_ledger_change *changes = calloc(a->n + 1, sizeof(*changes));
	size_t i, n = 0;
	int r = changes ? 0 : gv_err_nomem();

	for (i = 0; r == 0 && i < a->n; i++) {
		struct month *m = a->months[i];

		if (m->n == 0)
			continue;
		changes[n].name = m->name;
		changes[n].mode = GV_MODE_DIR;
		r = gv_ledger_tree(
		    a->edit, &changes[n].oid, &m->old, m->changes, m->n);
		n++;
	}
	if (r == 0)
		r = gv_ledger_tree(a->edit, root, old, changes, n);
	free(changes);
	return r;
}

static void
release(struct adding *a)
{
	struct day *d;
	size_t i, j;

	for (i = 0; i < a->n; i++) {
		struct month *m = a->months[i];

		for (j = 0; j < m->n; j++)
			if (gv_oid_is_zero(&m->changes[j].oid))
				free((char *)m->changes[j].name);
		free(m->changes);
		free(m);
	}
	free(a->months);
	gv_map_release(&a->by_name);
	gv_map_release(&a->days);
	while ((d = a->known)) {
		a->known = d->next;
		free(d);
	}
}

/* The beginning of the day, in the years that an id can name. */
static int64_t
day_now(int64_t now)
{
	const int64_t last = (int64_t)253402300799;

	if (now < 0 || now > last)
		now = now < 0 ? 0 : last;
	return now - now % DAY;
}

/* The time of a commit, and the first that it stands on (zero: none). */
static int
read_step(int64_t *time, struct gv_oid *parent, struct gv_odb *odb,
    const struct gv_oid *commit)
{
	struct gv_object obj = { 0 };
	const char *p;
	int r = gv_odb_read_type(odb, &obj, commit, GV_OTYPE_COMMIT);

	if (r < 0)
		return r;
	p = strstr((const char *)obj.data, "\nparent ");
	if (p == NULL || gv_oid_parse(parent, p + 8) < 0)
		memset(parent, 0, sizeof(*parent));
	p = strstr((const char *)obj.data, "\ncommitter ");
	p = p ? strchr(p, '>') : NULL;
	*time = p ? (int64_t)strtoll(p + 1, NULL, 10) : 0;
	gv_object_release(&obj);
	return 0;
}

/* A clock that is set forward lets go of nothing, whatever is done until
 * somebody sees it: what is over a year old was so by the last step that is a
 * month old. Where there is none, nothing goes. */
static int
set_then(struct adding *a, const struct gv_ledger *ledger)
{
	struct gv_oid at = ledger->tip, parent;
	int64_t time;
	size_t n;
	int r;

	a->then = 0;
	for (n = 0; n < MANY && !gv_oid_is_zero(&at); n++) {
		r = read_step(&time, &parent, a->edit->odb, &at);
		if (r == GV_ENOMEM || r == GV_ECANCELED)
			return r;
		/* of a shallow clone that is all */
		if (r < 0)
			return 0;
		if (time <= a->edit->now - SEEN) {
			a->then = time;
			return 0;
		}
		at = parent;
	}
	return 0;
}

int
gv_tombstone_add(struct gv_ledger_edit *edit, const struct gv_ledger *ledger,
    const char *const *ids, size_t n)
{
	struct adding a = {
		.edit = edit, .by_name = GV_MAP_INIT, .days = GV_MAP_INIT
	};
	char text[GV_TIME_MAX];
	struct gv_oid blob, root;
	size_t i;
	int r = set_then(&a, ledger);

	gv_time_compact(text, day_now(edit->now));
	text[ENTRY - 1] = '\n';
	if (r == 0)
		r = gv_ledger_blob(edit, &blob, text, ENTRY);
	for (i = 0; r == 0 && i < n; i++) {
		struct month *m;

		if (!gv_record_is_id(ids[i], strlen(ids[i])))
			continue;
		m = month_of(&a, ids[i]);
		r = m ? change(m, ids[i], &blob) : GV_ENOMEM;
	}
	if (r == 0) {
		r = expire(&a, &ledger->tree);
		if (r == 0)
			r = write_months(&a, &root, &ledger->tree);
		if (r < 0)
			r = damaged(r);
	}
	if (r == 0)
		r = gv_ledger_step(
		    edit, ledger, GV_TOMBSTONE_REF, &root, "delete snapshots");
	release(&a);
	return r;
}
