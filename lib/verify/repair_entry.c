#include "verify/repair_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "object/tree.h"
#include "record/mark.h"
#include "record/record_refs.h"
#include "record/tombstone.h"
#include "repo/refs.h"
#include "vault/ledger.h"

/*
 * Where the trees of marks, tombstones or notes stand, only what an entry says
 * can be lost. That there is one counts: a pin keeps its snapshot and a
 * tombstone hides one whatever they say, so they say what is known. Tags and
 * notes are nothing but their text. A mark that is no pin and no tags, as
 * another program may write it, is lost as well.
 */
#define LOST "its time and reason were lost"
#define DAY  86400

struct rebuild {
	struct gv_repair_run *run;
	struct gv_ledger_edit *edit;
	const char *ref;
};

/* Whether the snapshot of that id has a ref: then a lost entry said that it was
 * brought back. A ref of a deleted one that came back is the rarer case, and
 * loses nothing. */
static bool
is_back(const struct rebuild *b, const char *id)
{
	struct gv_oid oid;

	return gv_record_refs_now(&oid, b->edit->repo, id) > 0;
}

/* What stands in the place of an entry; zero: nothing. */
static int
replace(struct gv_oid *out, const struct rebuild *b, const char *folder,
    const char *name)
{
	int64_t now = b->edit->now;
	struct gv_buf text = GV_BUF_INIT;
	char when[GV_TIME_MAX];
	bool is_pin =
	    strcmp(b->ref, GV_REF_MARKS) == 0 && strcmp(folder, "pinned") == 0;
	bool is_deletion = strcmp(b->ref, GV_REF_DELETED) == 0;
	int r;

	memset(out, 0, sizeof(*out));
	if (!is_pin && !is_deletion)
		return 0;
	gv_time_compact(when, is_pin ? now : now - now % DAY);
	gv_buf_addf(&text, "%s%s\n%s", when,
	    is_deletion && is_back(b, name) ? " 2" : "",
	    is_pin ? LOST "\n" : "");
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_ledger_blob(b->edit, out, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

static int rebuild(struct gv_oid *out, const struct rebuild *b,
    const struct gv_oid *tree, const char *folder, unsigned depth);

/* Whether what an entry says can be read: 1, 0, negative. */
static int
is_said(struct gv_repair_run *run, const char *ref, const char *folder,
    const struct gv_oid *oid)
{
	struct gv_object blob = { 0 };
	int r = gv_repair_read(&blob, run, oid, GV_OTYPE_BLOB);

	if (r == 1 && strcmp(ref, GV_REF_MARKS) == 0)
		r = gv_mark_is_said(folder, blob.data, blob.len);
	gv_object_release(&blob);
	return r;
}

/* What an entry becomes: 1 with *out set, 0 where it stays, negative. */
static int
look(struct gv_oid *out, const struct rebuild *b, const struct gv_tree_entry *e,
    const char *folder, unsigned depth)
{
	int r;

	if (e->mode == GV_MODE_DIR) {
		if (depth == 0)
			return 0;
		r = rebuild(out, b, &e->oid, e->name, depth - 1);
		return r < 0 ? r : !gv_oid_equal(out, &e->oid);
	}
	r = is_said(b->run, b->ref, folder, &e->oid);
	if (r != 0)
		return r < 0 ? r : 0;
	r = replace(out, b, folder, e->name);
	return r < 0 ? r : 1;
}

static int
rebuild(struct gv_oid *out, const struct rebuild *b, const struct gv_oid *tree,
    const char *folder, unsigned depth)
{
	struct gv_ledger_change *changes = NULL;
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	struct gv_oid oid;
	size_t n = 0, cap = 0;
	int r = gv_repair_read(&obj, b->run, tree, GV_OTYPE_TREE);

	*out = *tree;
	if (r <= 0)
		return r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		r = look(&oid, b, &e, folder, depth);
		if (r == 1) {
			if ((r = GV_GROW(changes, n, cap)) == 0)
				changes[n++] =
				    (struct gv_ledger_change){ e.name, e.mode,
					    oid };
		}
		if (r < 0)
			break;
	}
	if (r == 0 && n)
		r = gv_ledger_tree(b->edit, out, tree, changes, n);
	free(changes);
	gv_object_release(&obj);
	return r;
}

int
gv_repair_entries(struct gv_oid *out, struct gv_repair_run *run,
    struct gv_ledger_edit *edit, const char *ref, const struct gv_oid *tree)
{
	const struct rebuild b = { run, edit, ref };

	return rebuild(out, &b, tree, "", GV_OID_HEX / 2);
}

/* Of one folder of the marks. */
static int
is_folder_said(
    struct gv_repair_run *run, const char *folder, const struct gv_oid *tree)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = gv_repair_read(&obj, run, tree, GV_OTYPE_TREE), next = 0;

	if (r == 1)
		gv_tree_iter_init(&it, obj.data, obj.len);
	while (r == 1 && (next = gv_tree_next(&it, &e)) > 0)
		if (e.mode != GV_MODE_DIR)
			r = is_said(run, GV_REF_MARKS, folder, &e.oid);
	gv_object_release(&obj);
	return next < 0 ? 0 : r;
}

int
gv_repair_is_said(struct gv_repair_run *run, const struct gv_oid *tree)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = gv_repair_read(&obj, run, tree, GV_OTYPE_TREE), next = 0;

	if (r == 1)
		gv_tree_iter_init(&it, obj.data, obj.len);
	while (r == 1 && (next = gv_tree_next(&it, &e)) > 0)
		if (e.mode == GV_MODE_DIR)
			r = is_folder_said(run, e.name, &e.oid);
	gv_object_release(&obj);
	return next < 0 ? 0 : r;
}
