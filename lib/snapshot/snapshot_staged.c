#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "object/link.h"
#include "object/tree.h"
#include "snapshot/snapshot_internal.h"

/* One open directory of the tree that is built from a list of paths. */
struct level {
	struct gv_buf tree;
	size_t prefix; /* bytes of the path before the names in it */
};

/* A stack of open directories: entries come in order, so that a directory is
 * complete when one comes that is not in it. */
struct building {
	struct gv_pack_lane *lane;
	struct level *levels;
	size_t n, cap;
	struct gv_buf path; /* of the innermost directory, with its '/' */
};

static int
push(struct building *b, size_t prefix)
{
	int r = GV_GROW(b->levels, b->n, b->cap);

	if (r == 0)
		b->levels[b->n++] = (struct level){ GV_BUF_INIT, prefix };
	return r;
}

/* Write the innermost directory and enter it in the one above. */
static int
pop(struct building *b, struct gv_oid *id)
{
	struct level *top = &b->levels[b->n - 1], *up;
	int r;

	if ((r = gv_buf_check(&top->tree)) < 0 ||
	    (r = gv_pack_add(b->lane, id, GV_OTYPE_TREE, top->tree.p,
		 top->tree.len, NULL)) < 0)
		goto out;
	if (b->n > 1) {
		up = top - 1;
		gv_tree_add(&up->tree, GV_MODE_DIR, b->path.p + up->prefix,
		    b->path.len - 1 - up->prefix, id);
		gv_buf_truncate(&b->path, up->prefix);
	}
out:
	gv_buf_release(&top->tree);
	b->n--;
	return r;
}

static int
add_entry(struct building *b, const struct gv_index_entry *e,
    const struct gv_oid *oid)
{
	struct gv_oid id;
	const char *slash;
	int r = 0;

	while (r == 0 &&
	    (b->path.len > e->path_len ||
		memcmp(b->path.p, e->path, b->path.len) != 0))
		r = pop(b, &id);
	while (r == 0 &&
	    (slash = memchr(
		 e->path + b->path.len, '/', e->path_len - b->path.len))) {
		gv_buf_add(&b->path, e->path + b->path.len,
		    (size_t)(slash + 1 - e->path) - b->path.len);
		r = push(b, b->path.len);
	}
	if (r == 0)
		gv_tree_add(&b->levels[b->n - 1].tree, e->mode,
		    e->path + b->path.len, e->path_len - b->path.len, oid);
	return r;
}

/* The tree of the index entries of one stage. */
static int
build_stage(struct gv_snapshot_run *run, struct gv_oid *out, unsigned stage)
{
	struct building b = { .lane = run->lane, .path = GV_BUF_INIT };
	size_t i;
	int r = push(&b, 0);

	for (i = 0; r == 0 && i < run->survey.index->n; i++) {
		const struct gv_index_entry *e = &run->survey.index->entries[i];

		const struct gv_oid *oid = &e->oid;

		if (e->stage != stage || (e->flags & GV_INDEX_INTENT_TO_ADD))
			continue;
		if (run->instead && !gv_oid_is_zero(&run->instead[i]))
			oid = &run->instead[i];
		r = add_entry(&b, e, oid);
	}
	while (r == 0 && b.n > 0)
		r = pop(&b, out);
	while (b.n > 0)
		gv_buf_release(&b.levels[--b.n].tree);
	free(b.levels);
	gv_buf_release(&b.path);
	return r;
}

int
gv_snapshot_head_tree(const struct gv_snapshot_run *run, struct gv_oid *out)
{
	struct gv_object obj = { 0 };
	int r;

	memset(out, 0, sizeof(*out));
	if (gv_oid_is_zero(&run->repo->head)) {
		*out = gv_oid_empty_tree;
		return 0;
	}
	r = gv_odb_read_type(
	    run->survey.odb, &obj, &run->repo->head, GV_OTYPE_COMMIT);
	if (r == 0 && !gv_link_tree(out, &obj))
		r = gv_err(GV_ECORRUPT, "the commit at HEAD is damaged");
	gv_object_release(&obj);
	return r;
}

/* What was staged last time, and is still: without a look. */
static bool
take_last(struct gv_snapshot_run *run, struct gv_snapshot_parts *parts)
{
	const struct gv_statcache_head *head =
	    run->survey.cache ? run->survey.cache->head : NULL;

	if (head == NULL || gv_oid_is_zero(&head->plain) ||
	    !gv_oid_equal(&head->plain, &run->plain_staged) ||
	    !gv_oid_equal(&head->search, &run->search) ||
	    !gv_oid_equal(&head->policy, &run->policy))
		return false;
	run->staged = head->staged;
	parts->index_secrets = head->index_secrets;
	run->has_index_secrets = !gv_oid_is_zero(&head->index_secrets);
	return true;
}

static int
withhold_staged(struct gv_snapshot_run *run, struct gv_snapshot_parts *parts)
{
	int r = gv_snapshot_withhold_index(run, 0);

	if (r <= 0)
		return r;
	r = build_stage(run, &run->staged, 0);
	return r < 0 ? r
		     : gv_snapshot_write_list(
			   run, &parts->index_secrets, &run->index_withheld);
}

int
gv_snapshot_staged(struct gv_snapshot_run *run, struct gv_snapshot_parts *parts)
{
	const struct gv_oid *known = gv_index_tree_of(run->survey.index, "", 0);
	struct gv_oid staged;
	int r;

	memset(&run->staged, 0, sizeof(run->staged));
	if (run->survey.index->n == 0 && gv_oid_is_zero(&run->repo->head))
		return 0;
	if (known && gv_odb_freshen(run->survey.odb, known) == 1)
		staged = *known;
	else {
		r = build_stage(run, &staged, 0);
		if (r < 0)
			return r;
	}
	/* also where it is equal to tree/: only so does its absence say that
	 * nothing was staged */
	r = gv_snapshot_head_tree(run, &run->head_tree);
	if (r < 0 || gv_oid_equal(&staged, &run->head_tree))
		return r;
	run->staged = run->plain_staged = staged;
	return take_last(run, parts) ? 0 : withhold_staged(run, parts);
}

int
gv_snapshot_stage_held(
    struct gv_snapshot_run *run, struct gv_snapshot_parts *parts)
{
	int r;

	if (!run->held.has_head || !gv_oid_is_zero(&run->staged))
		return 0;
	run->staged = run->head_tree;
	r = withhold_staged(run, parts);
	run->held.index = run->staged;
	/* the next snapshot compares with what git has */
	memset(&run->staged, 0, sizeof(run->staged));
	return r;
}

static void
put_line(struct gv_buf *text, const struct gv_index_entry *e)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &e->oid);
	gv_buf_addf(text, "%06o %s %u", e->mode, hex, e->stage);
	if (e->flags & GV_INDEX_ASSUME_VALID)
		gv_buf_addstr(text, " assume-unchanged");
	if (e->flags & GV_INDEX_SKIP_WORKTREE)
		gv_buf_addstr(text, " skip-worktree");
	if (e->flags & GV_INDEX_INTENT_TO_ADD)
		gv_buf_addstr(text, " intent-to-add");
	gv_buf_addch(text, '\t');
	gv_path_quote(text, e->path, e->path_len);
	gv_buf_addch(text, '\n');
}

/* The trees of the stages that a conflict left: meta/stages/1 to 3. */
static int
build_stages(struct gv_snapshot_run *run, struct gv_oid *out)
{
	struct gv_buf tree = GV_BUF_INIT;
	struct gv_oid id;
	unsigned stage;
	int r = 0;

	for (stage = 1; r == 0 && stage <= 3; stage++) {
		char name = (char)('0' + stage);

		r = gv_snapshot_withhold_index(run, stage);
		if (r >= 0)
			r = build_stage(run, &id, stage);
		if (r == 0 && !gv_oid_equal(&id, &gv_oid_empty_tree))
			gv_tree_add(&tree, GV_MODE_DIR, &name, 1, &id);
	}
	if (r == 0)
		r = gv_pack_add(
		    run->lane, out, GV_OTYPE_TREE, tree.p, tree.len, NULL);
	gv_buf_release(&tree);
	return r;
}

int
gv_snapshot_unmerged(
    struct gv_snapshot_run *run, struct gv_oid *text, struct gv_oid *stages)
{
	struct gv_buf lines = GV_BUF_INIT;
	size_t i;
	int r = 0;

	memset(text, 0, sizeof(*text));
	memset(stages, 0, sizeof(*stages));
	for (i = 0; i < run->survey.index->n; i++) {
		const struct gv_index_entry *e = &run->survey.index->entries[i];

		if (e->stage ||
		    (e->flags &
			(GV_INDEX_ASSUME_VALID | GV_INDEX_SKIP_WORKTREE |
			    GV_INDEX_INTENT_TO_ADD)))
			put_line(&lines, e);
	}
	if (lines.len)
		r = gv_pack_add(
		    run->lane, text, GV_OTYPE_BLOB, lines.p, lines.len, NULL);
	if (r == 0 && run->survey.index->has_conflicts)
		r = build_stages(run, stages);
	gv_buf_release(&lines);
	return r;
}
