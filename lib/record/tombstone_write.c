#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/time.h"
#include "base/vec.h"
#include "object/link.h"
#include "object/odb.h"
#include "object/tree.h"
#include "record/record_id.h"
#include "record/tombstone_internal.h"
#include "repo/refs.h"
#include "vault/ledger.h"

#define MONTH GV_TOMBSTONE_MONTH
#define DAY   86400
#define ENTRY GV_TOMBSTONE_ENTRY

/* Until then somebody has seen that a clock is wrong. */
#define SEEN ((int64_t)30 * DAY)

#define MANY 4096 /* steps at most that are looked at */

/* The changes of one month. */
struct month {
	char name[MONTH + 1];
	struct gv_oid old;
	struct gv_ledger_change *changes;
	size_t n, cap;
};

struct adding {
	struct gv_ledger_edit *edit;
	int64_t then;     /* when it has to have been a year */
	char day[ENTRY];  /* today, without the LF */
	bool brings_back; /* it is no deletion but its opposite */
	struct month **months;
	size_t n, cap;
	struct gv_map by_name; /* months; the keys are theirs */
	struct gv_map days;    /* from an entry's blob to what is known of it */
	struct day {
		struct gv_oid oid;
		struct gv_tombstone stone;
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
	if (GV_GROW(a->months, a->n, a->cap) < 0)
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
	int r = GV_GROW(m->changes, m->n, m->cap);

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

/* What an entry says. One that cannot be read is not old: better one too many
 * than a snapshot that comes back. */
static int
read_entry(const struct day **out, struct adding *a, const struct gv_oid *oid)
{
	struct day *d = gv_map_get(&a->days, oid->id, GV_OID_RAW);
	int r;

	*out = d;
	if (d)
		return 0;
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return gv_err_nomem();
	*out = d;
	d->next = a->known;
	a->known = d;
	d->oid = *oid;
	r = gv_tombstone_read(&d->stone, a->edit->odb, oid);
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	d->old = r == 0 && is_past(a, d->stone.day);
	return gv_map_put(&a->days, d->oid.id, GV_OID_RAW, d);
}

/* Nobody deletes what is not taken yet: an entry that says so is of a clock
 * that was wrong, so the snapshot has to be over a year old, too. */
static int
is_old(struct adding *a, const struct gv_tree_entry *e)
{
	const struct day *d;
	int64_t taken;
	int r;

	if (gv_record_is_id(e->name, e->name_len) &&
	    gv_time_parse_compact(&taken, e->name) == 0 && !is_past(a, taken))
		return 0;
	r = read_entry(&d, a, &e->oid);
	return r < 0 ? r : d->old;
}

static struct gv_ledger_change *
find_change(struct month *m, size_t n, const char *name)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = strcmp(m->changes[mid].name, name);

		if (order == 0)
			return &m->changes[mid];
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* An entry of today. */
static int
write_entry(struct adding *a, struct gv_oid *out, uint32_t count)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addstr(&text, a->day);
	if (count > 1)
		gv_buf_addf(&text, " %" PRIu32, count);
	gv_buf_addch(&text, '\n');
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_ledger_blob(a->edit, out, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

/* There is an entry already: what is said now goes on from it. */
static int
follow(
    struct adding *a, struct gv_ledger_change *change, const struct gv_oid *was)
{
	const struct day *d;
	uint32_t count;
	int r = read_entry(&d, a, was);

	if (r < 0)
		return r;
	count = d->stone.count;
	if (gv_tombstone_deletes(&d->stone) == a->brings_back)
		count++;
	if (count > GV_TOMBSTONE_MOST)
		return gv_err(GV_EREFUSED,
		    "%s cannot be deleted: it was deleted and brought back too "
		    "often to count once more",
		    change->name);
	return write_entry(a, &change->oid, count);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(((const struct gv_ledger_change *)a)->name,
	    ((const struct gv_ledger_change *)b)->name);
}

/* Let an old entry go. */
static int
expire_entry(struct adding *a, struct month *m, const struct gv_tree_entry *e)
{
	int r = is_old(a, e);
	char *name;

	if (r <= 0)
		return r;
	name = strdup(e->name);
	r = name ? change(m, name, NULL) : gv_err_nomem();
	if (r < 0)
		free(name);
	return r;
}

/* Let the old entries of a month go, and have the new ones go on from those
 * that there are. */
static int
expire_month(struct adding *a, const struct gv_tree_entry *entry)
{
	struct month *m = month_of(a, entry->name);
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	size_t fresh = m ? m->n : 0;
	struct gv_ledger_change *own;
	int r;

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
		own = find_change(m, fresh, e.name);
		r = own ? follow(a, own, &e.oid) : expire_entry(a, m, &e);
		if (r < 0)
			break;
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
		if (gv_tombstone_is_month(&e))
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
	*time = 0;
	(void)gv_link_time(time, &obj);
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

static int
write_all(struct gv_ledger_edit *edit, const struct gv_ledger *ledger,
    const char *const *ids, size_t n, bool brings_back)
{
	struct adding a = { .edit = edit,
		.brings_back = brings_back,
		.by_name = GV_MAP_INIT,
		.days = GV_MAP_INIT };
	char text[GV_TIME_MAX];
	struct gv_oid blob, root;
	size_t i;
	int r = set_then(&a, ledger);

	gv_time_compact(text, day_now(edit->now));
	memcpy(a.day, text, ENTRY - 1);
	if (r < 0 || (r = write_entry(&a, &blob, brings_back ? 2 : 1)) < 0)
		goto out;
	for (i = 0; r == 0 && i < n; i++) {
		struct month *m;

		if (!gv_record_is_id(ids[i], strlen(ids[i])))
			continue;
		m = month_of(&a, ids[i]);
		r = m ? change(m, ids[i], &blob) : GV_ENOMEM;
	}
	if (r < 0)
		goto out;
	if ((r = expire(&a, &ledger->tree)) == 0)
		r = write_months(&a, &root, &ledger->tree);
	if (r < 0)
		r = gv_tombstone_damaged(r);
	else
		r = gv_ledger_step(edit, ledger, GV_REF_DELETED, &root,
		    brings_back ? "bring snapshots back" : "delete snapshots");
out:
	release(&a);
	return r;
}

int
gv_tombstone_add(struct gv_ledger_edit *edit, const struct gv_ledger *ledger,
    const char *const *ids, size_t n)
{
	return write_all(edit, ledger, ids, n, false);
}

int
gv_tombstone_undo(struct gv_ledger_edit *edit, const struct gv_ledger *ledger,
    const char *const *ids, size_t n)
{
	return write_all(edit, ledger, ids, n, true);
}
