#include "record/tombstone_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "object/odb.h"
#include "object/tree.h"
#include "record/record_id.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "vault/ledger.h"

#define MONTH GV_TOMBSTONE_MONTH
#define ENTRY GV_TOMBSTONE_ENTRY

/*
 *	202611/20261120T071244Z-1a2b3c4d	"20261121T000000Z\n"
 *	202611/20261120T081500Z-5e6f7081	"20261122T000000Z 2\n"
 *
 * The month is the id's, so that a deletion rewrites one small tree; the time
 * is the day's beginning, so that all deletions of a day share a blob. The
 * number says how often the snapshot was deleted and brought back, in turns: it
 * is deleted where it is odd. 1 is not written. Of two entries the higher
 * number is the later statement, whatever the clocks say.
 */

/* The digits between the day and the LF; 0 where they are no such number. */
static uint32_t
parse_count(const char *p, size_t len)
{
	uint32_t n = 0;
	size_t i;

	if (len < 2 || len > 1 + GV_TOMBSTONE_DIGITS || *p != ' ' ||
	    p[1] == '0')
		return 0;
	for (i = 1; i < len; i++) {
		if (p[i] < '0' || p[i] > '9')
			return 0;
		n = n * 10 + (uint32_t)(p[i] - '0');
	}
	/* whoever pushes the highest one does not have the last word */
	if (n > GV_TOMBSTONE_MOST)
		n = GV_TOMBSTONE_MOST - 1;
	return n > 1 ? n : 0;
}

int
gv_tombstone_parse(struct gv_tombstone *out, const void *data, size_t len)
{
	const char *p = data;
	struct gv_tombstone stone = { .count = 1 };

	if (len < ENTRY || p[len - 1] != '\n' ||
	    gv_time_parse_compact(&stone.day, p) < 0)
		goto wrong;
	if (len > ENTRY)
		stone.count = parse_count(p + ENTRY - 1, len - ENTRY);
	if (stone.count == 0)
		goto wrong;
	*out = stone;
	return 0;
wrong:
	return gv_err(GV_ECORRUPT, "an entry of " GV_REF_DELETED " is invalid");
}

bool
gv_tombstone_deletes(const struct gv_tombstone *stone)
{
	return stone->count % 2 == 1;
}

int
gv_tombstone_read(
    struct gv_tombstone *out, struct gv_odb *odb, const struct gv_oid *oid)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(odb, &obj, oid, GV_OTYPE_BLOB);

	*out = (struct gv_tombstone){ .count = 1 };
	if (r == 0)
		r = gv_tombstone_parse(out, obj.data, obj.len);
	gv_object_release(&obj);
	return r;
}

bool
gv_tombstone_is_newer(
    const struct gv_tombstone *a, const struct gv_tombstone *b)
{
	return a->count != b->count ? a->count > b->count : a->day > b->day;
}

int
gv_tombstone_damaged(int r)
{
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	return gv_err_in(GV_ECORRUPT,
	    "the list of deleted snapshots, " GV_REF_DELETED
	    ", is damaged (without that ref nothing counts as deleted)");
}

/* A folder that is named YYYYMM; no other has an id that there can be. */
bool
gv_tombstone_is_month(const struct gv_tree_entry *e)
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
	return ref->name + strlen(GV_REFS_SNAPSHOTS);
}

/* An entry that cannot be read, or says nothing that is known, deletes: that is
 * what nearly all of them do, and where the snapshot is nobody's loss. */
static int
is_gone(bool *out, struct gv_odb *odb, const struct gv_oid *oid)
{
	struct gv_tombstone stone;
	int r = gv_tombstone_read(&stone, odb, oid);

	*out = gv_tombstone_deletes(&stone);
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

/* Refs and entries are both sorted by id. Only an entry whose ref is here is
 * read: mostly there is none. */
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
		    strcmp(id_of(&s->refs->refs[s->at]), e.name) == 0 &&
		    (r = is_gone(&s->gone[s->at], s->odb, &e.oid)) < 0)
			break;
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
		if (!gv_tombstone_is_month(&e))
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
	if ((r = gv_ledger_load(&ledger, odb, tip)) == 0)
		r = split_root(&s, &ledger.tree);
	r = r < 0 ? gv_tombstone_damaged(r) : reorder(&s, live);
	free(s.gone);
	return r;
}

int
gv_tombstone_find(int64_t *day, struct gv_odb *odb,
    const struct gv_ledger *ledger, const char *id)
{
	char path[MONTH + 1 + GV_RECORD_ID_LEN + 1];
	struct gv_tombstone stone;
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
	if (r < 0)
		return gv_tombstone_damaged(r);
	r = gv_tombstone_read(&stone, odb, &oid);
	if (r < 0 && (day || r == GV_ENOMEM || r == GV_ECANCELED))
		return gv_tombstone_damaged(r);
	if (day)
		*day = stone.day;
	return gv_tombstone_deletes(&stone);
}
