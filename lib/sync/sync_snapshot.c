#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/tree.h"
#include "record/mark.h"
#include "record/pin.h"
#include "record/record_load.h"
#include "record/record_parse.h"
#include "record/tombstone.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "retention/trash_write.h"
#include "sync/sync_internal.h"
#include "vault/ancestry.h"
#include "vault/lineset.h"

/*
 * Snapshots are a union less what is deleted, and a deletion is what somebody
 * said of a snapshot that they knew. Nobody signs it, so what goes by it goes
 * to the trash, from where it can be brought back. A pin says otherwise: then
 * the tombstone goes, and the snapshot comes back from whoever has it. Marks
 * and tombstones are merged as trees by the rule that is asked here of each id,
 * so that refs and statements move together in one transaction.
 */

#define TEXT_MAX ((size_t)1 << 20)

/* ---- what is said ------------------------------------------------------- */

struct reading {
	struct gv_sync_merge *m;
	struct gv_map *map;
	const char *folder; /* of files that count; NULL: any of one level */
};

static int
take_entry(
    void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct reading *w = ctx;
	const char *slash = memchr(path, '/', len);
	struct gv_oid *oid;
	char *id;

	if (e->mode == GV_MODE_DIR)
		return slash != NULL;
	if (e->mode != GV_MODE_FILE || slash == NULL ||
	    !gv_record_is_id(e->name, e->name_len) ||
	    (w->folder &&
		(strncmp(path, w->folder, strlen(w->folder)) != 0 ||
		    slash != path + strlen(w->folder))))
		return 0;
	id = gv_arena_copy(&w->m->arena, e->name, e->name_len);
	oid = gv_arena_alloc(&w->m->arena, sizeof(*oid));
	if (id == NULL || oid == NULL)
		return GV_ENOMEM;
	*oid = e->oid;
	return gv_map_put(w->map, id, e->name_len, oid);
}

static int
read_side(struct gv_sync_merge *m, struct gv_ledger *ledger, struct gv_map *map,
    const struct gv_oid *tip, const char *folder)
{
	struct reading w = { .m = m, .map = map, .folder = folder };
	int r = gv_ledger_load(ledger, m->odb, tip);

	return r < 0 || gv_oid_is_zero(&ledger->tree)
	    ? r
	    : gv_tree_walk(m->odb, &ledger->tree, take_entry, &w);
}

static const struct gv_sync_ref *
find(const struct gv_sync *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->refs.n; i++)
		if (strcmp(s->refs.refs[i].name, name) == 0)
			return &s->refs.refs[i];
	return NULL;
}

/* All three of a chain of statements. */
static int
prepare(struct gv_sync_merge *m, const char *name, struct gv_ledger ledgers[],
    struct gv_map maps[], const char *folder)
{
	const struct gv_sync_ref *ref = find(m->s, name);
	struct gv_oid base;
	int r;

	if (ref == NULL)
		return 0;
	if ((r = gv_ancestry_base(&base, &ref->ours, &ref->theirs)) == 0 &&
	    (r = read_side(m, &ledgers[GV_SYNC_AT_BASE], &maps[GV_SYNC_AT_BASE],
		 &base, folder)) == 0 &&
	    (r = read_side(m, &ledgers[GV_SYNC_AT_OURS], &maps[GV_SYNC_AT_OURS],
		 &ref->ours, folder)) == 0)
		r = read_side(m, &ledgers[GV_SYNC_AT_THEIRS],
		    &maps[GV_SYNC_AT_THEIRS], &ref->theirs, folder);
	return r < 0 ? gv_err_in(r, "%s", name) : 0;
}

/* A pin of this clone that theirs has taken away stands as if this clone had
 * pinned the snapshot just now: whoever can push cannot undo it. */
static int
hold_own_pins(struct gv_sync_merge *m)
{
	struct gv_map *pins = m->pins;
	struct gv_pins own = { .ids = GV_MAP_INIT };
	size_t i;
	int r = 0;

	if (pins[GV_SYNC_AT_OURS].n && pins[GV_SYNC_AT_BASE].n)
		r = gv_pins_load(&own, m->s->repo);
	for (i = 0; r == 0 && own.ids.n && i < pins[GV_SYNC_AT_OURS].cap; i++) {
		const struct gv_map_slot *slot =
		    &pins[GV_SYNC_AT_OURS].slots[i];

		if (slot->value == NULL || !gv_pins_has(&own, slot->key) ||
		    gv_map_get(&pins[GV_SYNC_AT_THEIRS], slot->key, slot->len))
			continue;
		(void)gv_map_del(&pins[GV_SYNC_AT_BASE], slot->key, slot->len);
		r = gv_map_put(&m->held, slot->key, slot->len, slot->value);
	}
	gv_pins_release(&own);
	return r;
}

int
gv_sync_snapshot_prepare(struct gv_sync_merge *m)
{
	int r;

	if ((r = prepare(m, GV_REF_MARKS, m->marks, m->pins, "pinned")) < 0 ||
	    (r = hold_own_pins(m)) < 0)
		return r;
	return prepare(m, GV_REF_DELETED, m->deleted, m->stones, NULL);
}

/* Deletions by others are requests: what they take away lies in the trash, with
 * the tags that it had here. */
int
gv_sync_snapshot_trash(struct gv_sync_merge *m)
{
	struct gv_marks marks = GV_MARKS_INIT;
	struct gv_trash_how how = { .what = "sync", .remote = m->s->remote };
	int r;

	if (m->n_dropped == 0)
		return 0;
	r = gv_marks_load(&marks, m->odb,
	    gv_oid_is_zero(&m->marks[GV_SYNC_AT_OURS].tip)
		? NULL
		: &m->marks[GV_SYNC_AT_OURS].tip);
	if (r == 0)
		how.marks = &marks;
	if (r == 0 || r == GV_ECORRUPT)
		r = gv_sync_name_deleters(m);
	if (r == 0)
		r = gv_trash_add(&m->edit, &how, m->dropped, m->n_dropped);
	gv_marks_release(&marks);
	return r;
}

int
gv_sync_snapshot_guard(struct gv_sync_merge *m)
{
	const struct gv_sync_ref *marks = find(m->s, GV_REF_MARKS);
	struct gv_oid here = { { 0 } };
	int r = marks ? 0 : gv_ref_find(&here, m->s->repo, GV_REF_MARKS);

	/* one that the merge moves is held against what it was anyway, and
	 * of one that is not synced nothing was looked at */
	if (r < 0 || m->n_dropped == 0 || !gv_oid_is_zero(&here) ||
	    strstr(m->edit.tx.lines.p, " " GV_REF_MARKS " "))
		return r;
	gv_ref_verify(&m->edit.tx, GV_REF_MARKS, marks ? &marks->ours : &here);
	return 0;
}

void
gv_sync_snapshot_release(struct gv_sync_merge *m)
{
	size_t i;

	for (i = 0; i < GV_SYNC_WHERES; i++) {
		gv_map_release(&m->pins[i]);
		gv_map_release(&m->stones[i]);
	}
	gv_arena_release(&m->arena);
}

/* Whether a statement about an id stands once both sides are merged. */
static bool
stands(const struct gv_map maps[], const char *id)
{
	static const struct gv_oid none;
	const struct gv_oid *sides[GV_SYNC_WHERES];
	struct gv_oid out;
	size_t i;

	for (i = 0; i < GV_SYNC_WHERES; i++) {
		sides[i] = gv_map_get(&maps[i], id, strlen(id));
		if (sides[i] == NULL)
			sides[i] = &none;
	}
	/* where both have changed it, it stands in some form */
	return gv_sync_choose(&out, sides) == 0 || !gv_oid_is_zero(&out);
}

/* Of two entries the one that was said later; one that cannot be read deletes,
 * and gives way. */
static const struct gv_oid *
later_stone(
    struct gv_odb *odb, const struct gv_oid *ours, const struct gv_oid *theirs)
{
	struct gv_tombstone a, b;

	(void)gv_tombstone_read(&a, odb, ours);
	(void)gv_tombstone_read(&b, odb, theirs);
	return gv_tombstone_is_newer(&b, &a) ? theirs : ours;
}

/* Whether the entry of an id that stands once both sides are merged deletes it.
 */
static bool
is_buried(const struct gv_sync_merge *m, const char *id)
{
	static const struct gv_oid none;
	const struct gv_oid *sides[GV_SYNC_WHERES];
	struct gv_tombstone stone;
	struct gv_oid out;
	size_t i;

	for (i = 0; i < GV_SYNC_WHERES; i++) {
		sides[i] = gv_map_get(&m->stones[i], id, strlen(id));
		if (sides[i] == NULL)
			sides[i] = &none;
	}
	if (gv_sync_choose(&out, sides) == 0)
		out = *later_stone(
		    m->odb, sides[GV_SYNC_AT_OURS], sides[GV_SYNC_AT_THEIRS]);
	if (gv_oid_is_zero(&out))
		return false;
	(void)gv_tombstone_read(&stone, m->odb, &out);
	return gv_tombstone_deletes(&stone);
}

bool
gv_sync_is_deleted(const struct gv_sync_merge *m, const char *id)
{
	return is_buried(m, id) && !stands(m->pins, id);
}

/* ---- the statements ----------------------------------------------------- */

static int
read_text(struct gv_object *out, struct gv_odb *odb, const struct gv_oid *oid)
{
	int r;

	if (gv_oid_is_zero(oid))
		return 0;
	r = gv_odb_read_type(odb, out, oid, GV_OTYPE_BLOB);
	return r == 0 && out->len > TEXT_MAX
	    ? gv_err(GV_ECORRUPT, "its entry for a snapshot is too long")
	    : r;
}

/* Take out what the other side lacks, though it was there before: it has
 * taken it away. */
static void
leave_out(struct gv_lineset *set, const struct gv_lineset *other,
    const struct gv_lineset *base)
{
	size_t i, n = 0;

	for (i = 0; i < set->n; i++)
		if (gv_lineset_has(other, &set->lines[i]) ||
		    !gv_lineset_has(base, &set->lines[i]))
			set->lines[n++] = set->lines[i];
	set->n = n;
}

static int
write_tags(struct gv_ledger_edit *edit, struct gv_oid *out,
    struct gv_lineset sets[GV_SYNC_WHERES],
    const struct gv_object texts[GV_SYNC_WHERES])
{
	struct gv_lineset all = { .n = 0 };
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = GV_SYNC_AT_OURS; r == 0 && i < GV_SYNC_WHERES; i++)
		r = gv_lineset_add(&all, texts[i].data, texts[i].len);
	if (r == 0) {
		gv_lineset_sort(&all);
		leave_out(&all, &sets[GV_SYNC_AT_OURS], &sets[GV_SYNC_AT_BASE]);
		leave_out(
		    &all, &sets[GV_SYNC_AT_THEIRS], &sets[GV_SYNC_AT_BASE]);
		gv_lineset_write(&text, &all);
		r = gv_buf_check(&text);
	}
	memset(out, 0, sizeof(*out));
	if (r == 0 && text.len)
		r = gv_ledger_blob(edit, out, text.p, text.len);
	gv_lineset_release(&all);
	gv_buf_release(&text);
	return r;
}

/* Tags are lines, of which each side may have added some or taken some away. */
static int
join_tags(struct gv_ledger_edit *edit, struct gv_oid *out,
    const struct gv_oid blobs[GV_SYNC_WHERES])
{
	struct gv_object texts[GV_SYNC_WHERES];
	struct gv_lineset sets[GV_SYNC_WHERES];
	size_t i;
	int r = 0;

	memset(texts, 0, sizeof(texts));
	memset(sets, 0, sizeof(sets));
	for (i = 0; r == 0 && i < GV_SYNC_WHERES; i++) {
		if ((r = read_text(&texts[i], edit->odb, &blobs[i])) == 0)
			r = gv_lineset_add(
			    &sets[i], texts[i].data, texts[i].len);
		gv_lineset_sort(&sets[i]);
	}
	if (r == 0)
		r = write_tags(edit, out, sets, texts);
	for (i = 0; i < GV_SYNC_WHERES; i++) {
		gv_lineset_release(&sets[i]);
		gv_object_release(&texts[i]);
	}
	return r;
}

/* Of pins the later one, whose time comes first in the text. */
static int
pick_later(struct gv_ledger_edit *edit, struct gv_oid *out,
    const struct gv_oid blobs[GV_SYNC_WHERES])
{
	struct gv_object a = { 0 }, b = { 0 };
	size_t n;
	int c, r = read_text(&a, edit->odb, &blobs[GV_SYNC_AT_OURS]);

	if (r == 0 &&
	    (r = read_text(&b, edit->odb, &blobs[GV_SYNC_AT_THEIRS])) == 0) {
		n = a.len < b.len ? a.len : b.len;
		c = n ? memcmp(a.data, b.data, n) : 0;
		c = c ? c : (a.len > b.len) - (a.len < b.len);
		*out = blobs[c < 0 ? GV_SYNC_AT_THEIRS : GV_SYNC_AT_OURS];
	}
	gv_object_release(&a);
	gv_object_release(&b);
	return r;
}

/* Of tombstones the later statement. */
static int
pick_stone(struct gv_ledger_edit *edit, struct gv_oid *out,
    const struct gv_oid blobs[GV_SYNC_WHERES])
{
	*out = *later_stone(
	    edit->odb, &blobs[GV_SYNC_AT_OURS], &blobs[GV_SYNC_AT_THEIRS]);
	return 0;
}

static int
pick(struct gv_ledger_edit *edit, struct gv_oid *out, const char *folder,
    const struct gv_oid blobs[GV_SYNC_WHERES])
{
	if (strcmp(folder, "tags") == 0)
		return join_tags(edit, out, blobs);
	return strcmp(folder, "pinned") == 0 ? pick_later(edit, out, blobs)
					     : pick_stone(edit, out, blobs);
}

/* ---- their refs --------------------------------------------------------- */

/* Both sides by a step on ours, or theirs where that is all of it. */
static int
join(struct gv_sync_merge *m, struct gv_sync_ref *ref,
    const struct gv_ledger ledgers[GV_SYNC_WHERES], const struct gv_map *gone,
    const struct gv_map *held)
{
	const struct gv_sync_tree t = {
		.edit = &m->edit, .pick = pick, .out = gone, .held = held
	};
	const struct gv_oid trees[] = { ledgers[GV_SYNC_AT_BASE].tree,
		ledgers[GV_SYNC_AT_OURS].tree,
		ledgers[GV_SYNC_AT_THEIRS].tree };
	struct gv_ledger to = ledgers[GV_SYNC_AT_OURS];
	struct gv_oid tree;
	bool behind = false;
	struct gv_oid base;
	int is_line = gv_sync_is_line(&behind, &base, ref), r;

	if (is_line < 0)
		return is_line;
	if (is_line && gone == NULL && held == NULL)
		return behind ? gv_sync_take(m, ref, GV_OTYPE_COMMIT) : 0;
	if (!gv_oid_equal(&ref->theirs, &ref->ours) && (!is_line || behind))
		to.merged = ref->theirs;
	r = gv_sync_tree(&t, &tree, trees);
	if (r == GV_ECORRUPT || (r == GV_ENOTFOUND && !m->s->repo->partial))
		return gv_sync_conflict_of_damage(m->s, ref);
	if (r == 0)
		r = gv_ledger_step(&m->edit, &to, ref->name, &tree,
		    "merge what was said elsewhere");
	return r < 0 ? r : gv_sync_note(m->s, GV_SYNC_MERGED, ref, NULL);
}

int
gv_sync_marks(struct gv_sync_merge *m, struct gv_sync_ref *ref)
{
	return gv_oid_equal(&ref->ours, &ref->theirs)
	    ? 0
	    : join(m, ref, m->marks, NULL, m->held.n ? &m->held : NULL);
}

/* Those whose tombstone would stand, and that are pinned. */
static int
list_pinned(struct gv_map *out, const struct gv_sync_merge *m)
{
	size_t i, side;
	int r = 0;

	for (side = GV_SYNC_AT_OURS; side < GV_SYNC_WHERES; side++) {
		const struct gv_map *stones = &m->stones[side];

		for (i = 0; r == 0 && i < stones->cap; i++) {
			const struct gv_map_slot *slot = &stones->slots[i];

			if (slot->value && stands(m->pins, slot->key) &&
			    is_buried(m, slot->key))
				r = gv_map_put(
				    out, slot->key, slot->len, slot->value);
		}
	}
	return r;
}

int
gv_sync_deleted(struct gv_sync_merge *m, struct gv_sync_ref *ref)
{
	struct gv_map pinned = GV_MAP_INIT;
	int r = list_pinned(&pinned, m);

	if (r == 0 && (pinned.n || !gv_oid_equal(&ref->ours, &ref->theirs)))
		r = join(m, ref, m->deleted, pinned.n ? &pinned : NULL, NULL);
	gv_map_release(&pinned);
	return r;
}

/* ---- snapshots ---------------------------------------------------------- */

static int
drop(struct gv_sync_merge *m, struct gv_sync_ref *ref)
{
	int r = gv_sync_set_add(m->s, &m->s->gone, ref->name);

	if (r < 0 || gv_oid_is_zero(&ref->ours))
		return r;
	r = GV_GROW(m->dropped, m->n_dropped, m->cap_dropped);
	if (r < 0)
		return r;
	m->dropped[m->n_dropped++] =
	    (struct gv_trash_new){ .id = ref->name + strlen(GV_REFS_SNAPSHOTS),
		    .commit = ref->ours };
	gv_ref_delete(&m->edit.tx, ref->name, &ref->ours);
	return gv_sync_note(m->s, GV_SYNC_DROPPED, ref, NULL);
}

/* Say that a pin keeps one that the other side deleted. */
static int
note_kept(
    struct gv_sync_merge *m, const struct gv_sync_ref *ref, const char *id)
{
	if (gv_oid_is_zero(&ref->ours) ||
	    gv_map_get(&m->stones[GV_SYNC_AT_THEIRS], id, strlen(id)) == NULL ||
	    !is_buried(m, id))
		return 0;
	gv_buf_addf(&m->kept,
	    "kept the pinned snapshot %s, which was deleted on %s; to delete "
	    "it: git vault unpin %s && git vault delete %s\n",
	    id, m->s->remote, id, id);
	return gv_buf_check(&m->kept);
}

/* Neither commit goes on from the other, so who knows why is to choose. A
 * deletion is no choice: it goes to the other side, too. */
static int
refuse_anew(struct gv_sync_merge *m, struct gv_sync_ref *ref)
{
	struct gv_buf way = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	int r = 0;

	gv_oid_format(hex, &ref->theirs);
	gv_buf_addf(&way,
	    "'git update-ref %s %s' takes the version of the remote", ref->name,
	    hex);
	/* to who gave a bundle nothing goes back */
	if (m->s->opts->given == NULL) {
		gv_buf_addf(&way, ", 'git push --force %s %s:", m->s->remote,
		    ref->name);
		r = gv_remote_ref_there(&way, &m->s->map, ref->name);
		gv_buf_addstr(&way, "' keeps the one of this clone");
	}
	if (r == 0 && (r = gv_buf_check(&way)) == 0)
		(void)gv_err(GV_EREFUSED,
		    "the snapshot was rewritten on one side, as by 'git vault "
		    "secret purge' or 'git vault repair --reparent'; %s; "
		    "deleting it deletes both",
		    way.p);
	gv_buf_release(&way);
	return r < 0 ? r : gv_sync_conflict(m->s, ref);
}

static bool
is_newer(const struct gv_sync_merge *m, const struct gv_oid *commit)
{
	struct gv_object obj = { 0 };
	bool is =
	    gv_odb_read_type(m->odb, &obj, commit, GV_OTYPE_COMMIT) == 0 &&
	    gv_record_is_newer(obj.data, obj.len);

	gv_object_release(&obj);
	return is;
}

/* A commit that is no snapshot would be the latest, by its name, and each look
 * for that would end there. What a newer program has made is one; a partial
 * clone may lack parts of any; and what is wrong beyond that is for verify. */
static int
take(struct gv_sync_merge *m, struct gv_sync_ref *ref)
{
	struct gv_record record = { 0 };
	int r = gv_record_load(&record, m->s->repo, &ref->theirs);

	gv_record_release(&record);
	if (r == GV_ECORRUPT && !m->s->repo->partial &&
	    !is_newer(m, &ref->theirs))
		return gv_sync_conflict_of_damage(m->s, ref);
	return r == GV_ENOMEM || r == GV_ECANCELED
	    ? r
	    : gv_sync_take(m, ref, GV_OTYPE_COMMIT);
}

/* Whether it was not fetched: by a sync of a part or by none, since it is not
 * asked for then; or because it is deleted here, and pinned there, which this
 * merge has learned and the next fetch goes by. */
static bool
is_not_here(struct gv_sync_merge *m, const struct gv_sync_ref *ref)
{
	bool is =
	    gv_oid_is_zero(&ref->ours) && !gv_odb_has(m->odb, &ref->theirs);

	m->s->is_short |= is && !m->s->opts->no_fetch &&
	    gv_map_get(&m->stones[GV_SYNC_AT_OURS],
		ref->name + strlen(GV_REFS_SNAPSHOTS),
		strlen(ref->name + strlen(GV_REFS_SNAPSHOTS)));
	return is;
}

int
gv_sync_snapshot(struct gv_sync_merge *m, struct gv_sync_ref *ref)
{
	const char *id = ref->name + strlen(GV_REFS_SNAPSHOTS);
	int r;

	if (gv_sync_is_deleted(m, id))
		return drop(m, ref);
	if ((r = note_kept(m, ref, id)) < 0)
		return r;
	if (gv_oid_is_zero(&ref->theirs) ||
	    gv_oid_equal(&ref->ours, &ref->theirs) || is_not_here(m, ref))
		return 0;
	if (gv_oid_is_zero(&ref->ours)) {
		if (gv_record_is_id(id, strlen(id)))
			return take(m, ref);
		(void)gv_err(GV_EREFUSED, "this is no snapshot's id");
	} else {
		return refuse_anew(m, ref);
	}
	return gv_sync_conflict(m->s, ref);
}
