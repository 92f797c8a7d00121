#include "verify/verify_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/safe_writer.h"
#include "seal/seal.h"
#include "state/track_binding.h"
#include "state/track_internal.h"
#include "state/track_leaf.h"
#include "state/track_verify.h"
#include "statelock/statelock.h"
#include "sys/cancel.h"

/*
 * Each version of a state goes the way of a snapshot: its tree is read with all
 * others, each object once, and then what is missing is noted. What fits
 * together is asked of the readers that a restore and a diff go by. Versions
 * share most parts with the one before, so what a leaf says is learned once.
 */
struct gv_verify_states {
	struct gv_arena arena;
	struct gv_map leaves; /* object id -> struct leaf */
};

struct leaf {
	struct gv_oid oid;
	uint64_t size, items;
	/* for a sum: the smallest size that this rounded size can stand for */
	uint64_t least;
	char *why; /* NULL: it can be read */
};

static bool
is_damage(int r)
{
	return r == GV_ECORRUPT || r == GV_ENOTFOUND || r == GV_EREFUSED;
}

/* ---- which there are ---------------------------------------------------- */

/* Read a version's commit, wherever it is. */
static int
load(struct gv_track_version *out, struct gv_verify_run *run,
    const struct gv_oid *commit)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(run->odb, &obj, commit, GV_OTYPE_COMMIT);

	r = gv_verify_rescue(run, &obj, commit, GV_OTYPE_COMMIT, r);
	if (r < 0)
		goto out;
	run->result->objects++;
	run->result->bytes += obj.len;
	if ((r = gv_track_commit_parse(out, obj.data, obj.len)) < 0)
		goto out;
	out->commit = *commit;
out:
	gv_object_release(&obj);
	return r;
}

static int
set_why(struct gv_verify_snapshot *s, const char *why)
{
	s->why = strdup(why);
	return s->why ? 0 : gv_err_nomem();
}

/* What stands under the ref of a state is a version of it. */
static int
check_name(struct gv_verify_snapshot *s)
{
	const struct gv_track_version *v = s->version;
	struct gv_buf name = GV_BUF_INIT, text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&name, "%s/%s", v->env, v->stack);
	gv_buf_addf(&text,
	    "it is a version of %s, but is stored among those of another state",
	    name.p);
	if ((r = gv_buf_check(&name)) == 0 && (r = gv_buf_check(&text)) == 0 &&
	    strcmp(s->state, name.p) != 0)
		r = set_why(s, text.p);
	gv_buf_release(&name);
	gv_buf_release(&text);
	return r;
}

/* Add a version; *previous is the one before it, zero where none is known. */
static int
add(struct gv_oid *previous, struct gv_verify_run *run, const char *state,
    const struct gv_oid *commit)
{
	struct gv_track_version *v = calloc(1, sizeof(*v));
	struct gv_verify_snapshot *s = v ? gv_verify_add(run) : NULL;
	char hex[GV_OID_HEX + 1];
	int r;

	memset(previous, 0, sizeof(*previous));
	if (s == NULL) {
		free(v);
		return gv_err_nomem();
	}
	s->version = v;
	s->commit = *commit;
	gv_oid_format(hex, commit);
	s->id = strdup(hex);
	s->state = strdup(state);
	if (s->id == NULL || s->state == NULL)
		return gv_err_nomem();
	if ((r = load(v, run, commit)) == 0) {
		*previous = v->previous;
		return check_name(s);
	}
	s->version = NULL;
	free(v);
	return is_damage(r) ? set_why(s, gv_err_message()) : r;
}

/* One that is lost ends the chain: nobody knows what was before it. */
static int
add_chain(struct gv_verify_run *run, const struct gv_ref *ref)
{
	const char *state = ref->name + strlen(GV_REFS_STATES);
	struct gv_oid at = ref->oid, previous;
	int r = 0;

	while (r == 0 && !gv_oid_is_zero(&at)) {
		if (gv_cancel_requested())
			return gv_cancel_error();
		r = add(&previous, run, state, &at);
		/* so that the history of another one does not tell of it */
		if (r == 0 && run->opts->rescue)
			r = gv_verify_meet(run, &at);
		r = r < 0 ? r : 0;
		/* a shallow clone has no more of it */
		if (r == 0 && gv_shallow_has(&run->shallow, &at) &&
		    !gv_odb_has(run->odb, &previous))
			break;
		at = previous;
	}
	return r;
}

int
gv_verify_states_find(struct gv_verify_run *run)
{
	struct gv_refs refs = { 0 };
	size_t i;
	int r = gv_ref_list(&refs, run->repo, GV_REFS_STATES);

	for (i = 0; r == 0 && i < refs.n; i++)
		r = add_chain(run, &refs.refs[i]);
	gv_refs_release(&refs);
	return r;
}

/* ---- what a version reaches --------------------------------------------- */

static int
note_history(struct gv_verify_run *run, struct gv_verify_snapshot *s)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(run->odb, &obj, &s->commit, GV_OTYPE_COMMIT);

	if ((r = gv_verify_rescue(run, &obj, &s->commit, GV_OTYPE_COMMIT, r)) ==
	    0)
		r = gv_verify_history(run, s, &obj);
	gv_object_release(&obj);
	return r;
}

int
gv_verify_state_note(struct gv_verify_run *run, struct gv_verify_snapshot *s)
{
	int r = 0;

	if (s->version == NULL)
		return 0;
	s->known = true;
	s->rec.root = s->version->tree;
	if (run->opts->rescue)
		r = note_history(run, s);
	return r < 0 ? r : gv_verify_note_root(run, &s->rec.root);
}

/* ---- what is wrong with it ---------------------------------------------- */

struct look {
	struct gv_verify_run *run;
	struct gv_verify_snapshot *s;
	struct gv_track_parts parts;
	struct gv_buf text;
};

static int
tell(struct look *l, const char *path, const struct gv_oid *oid)
{
	int r = gv_buf_check(&l->text);

	if (r == 0)
		gv_verify_tell(
		    l->run, l->s, path, strlen(path), oid, l->text.p);
	gv_buf_reset(&l->text);
	return r;
}

/* The commit that it was applied from, which it keeps where it is a parent. */
static int
check_code(struct look *l)
{
	const struct gv_oid *code = &l->s->version->code;
	enum gv_otype type = GV_OTYPE_COMMIT;
	size_t size;
	int r;

	if (gv_oid_is_zero(code))
		return 0;
	r = gv_odb_read_header(l->run->odb, &type, &size, code);
	if ((r == 0 && type == GV_OTYPE_COMMIT) ||
	    (r == GV_ENOTFOUND &&
		(l->s->version->is_apart ||
		    gv_shallow_has(&l->run->shallow, &l->s->commit))))
		return 0;
	if (r < 0 && !is_damage(r))
		return r;
	gv_buf_addf(&l->text, "the commit that it was applied from %s",
	    r == GV_ENOTFOUND ? "is missing"
		: r < 0       ? "is damaged"
			      : "is not a commit");
	return tell(l, "", code);
}

/* Whether it is in the place that it was saved for. */
static int
check_binding(struct look *l)
{
	enum gv_track_binding kind;
	int r = gv_track_binding_check(
	    &kind, l->run->repo, l->run->opts->safe, l->s->version);

	if (r != GV_ECORRUPT)
		return r;
	gv_buf_addstr(&l->text, gv_err_message());
	return tell(l, "", NULL);
}

static int
read_leaf(struct leaf *leaf, struct gv_verify_run *run)
{
	struct gv_arena arena = GV_ARENA_INIT;
	struct gv_track_leaf read = { .n = 0 };
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(run->odb, &obj, &leaf->oid, GV_OTYPE_BLOB);

	if (r == 0)
		r = gv_track_leaf_read(&read, &arena, obj.data, obj.len);
	leaf->size = read.size;
	leaf->items = read.n;
	gv_arena_release(&arena);
	gv_object_release(&obj);
	if (!is_damage(r))
		return r;
	leaf->why = gv_arena_copy(
	    &run->states->arena, gv_err_message(), strlen(gv_err_message()));
	return leaf->why ? 0 : GV_ENOMEM;
}

static int
find_leaf(const struct leaf **out, struct gv_verify_run *run,
    const struct gv_oid *oid)
{
	struct gv_verify_states *all = run->states;
	struct leaf *leaf;
	int r;

	if (all == NULL) {
		all = run->states = calloc(1, sizeof(*all));
		if (all == NULL)
			return gv_err_nomem();
		all->arena = (struct gv_arena)GV_ARENA_INIT;
	}
	*out = leaf = gv_map_get(&all->leaves, oid->id, GV_OID_RAW);
	if (leaf)
		return 0;
	*out = leaf = gv_arena_alloc(&all->arena, sizeof(*leaf));
	if (leaf == NULL)
		return GV_ENOMEM;
	leaf->oid = *oid;
	r = read_leaf(leaf, run);
	return r < 0 ? r
		     : gv_map_put(&all->leaves, leaf->oid.id, GV_OID_RAW, leaf);
}

/* Whether what of it is sealed is a file of age; *why: what it is else. */
static int
look_at_part(const char **why, struct look *l, const struct gv_track_part *part)
{
	struct gv_oid sealed;
	int r = gv_track_part_sealed(&sealed, l->run->odb, part);

	if (is_damage(r)) {
		*why = "it is split, and not all of it is there";
		return 0;
	}
	return r > 0 ? gv_verify_look(why, l->run, &sealed) : r;
}

/* The smallest size that is rounded up to this one. */
static uint64_t
least_of(uint64_t size)
{
	return size <= 64  ? size > 0
	    : size <= 256  ? 65
	    : size <= 1024 ? 257
			   : size - size / 20;
}

/* A part that can be opened, and a leaf that can be read. */
static int
check_part(struct look *l, size_t i, struct leaf *sum)
{
	const struct gv_track_part *part = &l->parts.list[i];
	const struct leaf *leaf = NULL;
	const char *why = NULL;
	int r;

	if ((r = look_at_part(&why, l, part)) != 0)
		return r;
	if (why) {
		gv_buf_addf(&l->text, "its part %zu of %zu: %s", i + 1,
		    l->parts.n, why);
		if ((r = tell(l, "parts", &part->object)) < 0)
			return r;
	}
	if ((r = find_leaf(&leaf, l->run, &part->leaf)) < 0)
		return r;
	if (leaf->why) {
		gv_buf_addf(&l->text, "the leaf of its part %zu of %zu: %s",
		    i + 1, l->parts.n, leaf->why);
		if ((r = tell(l, "index", &part->leaf)) < 0)
			return r;
	}
	sum->size += leaf->size;
	sum->least += least_of(leaf->size);
	sum->items += leaf->items;
	return 0;
}

/* A number that the commit has, and what it is in the version's tree. */
static int
check_number(struct look *l, const char *what, uint64_t said, uint64_t is)
{
	if (said == is)
		return 0;
	gv_buf_addf(&l->text,
	    "its commit speaks of %" PRIu64 " %s, but it holds %" PRIu64, said,
	    what, is);
	return tell(l, "", NULL);
}

static int
check_sum(struct look *l)
{
	const char *why = NULL;
	struct gv_oid oid;
	unsigned mode;
	const struct gv_track_version *v = l->s->version;
	int r = gv_tree_find(l->run->odb, &v->tree, "sum", &mode, &oid);

	/* one in clear is held to the parts when they are opened */
	if (r == GV_ENOTFOUND && v->seal == GV_POLICY_SEAL_NONE &&
	    gv_tree_find(l->run->odb, &v->tree, "sum.clear", &mode, &oid) == 0)
		return 0;
	if (r == GV_ENOTFOUND) {
		gv_buf_addstr(&l->text, "it has no sum");
		return tell(l, "sum", NULL);
	}
	if (r == 0)
		r = gv_verify_look(&why, l->run, &oid);
	if (r < 0 || why == NULL)
		return r;
	gv_buf_addstr(&l->text, why);
	return tell(l, "sum", &oid);
}

/* What can be seen without a key. */
static int
check_parts(struct look *l)
{
	const struct gv_track_version *v = l->s->version;
	uint64_t before = l->run->result->faults;
	struct leaf sum = { .size = 0 };
	size_t i;
	int r = gv_track_parts_list(&l->parts, l->run->odb, &v->tree);

	if (is_damage(r)) {
		gv_buf_addstr(&l->text, gv_err_message());
		return tell(l, "", NULL);
	}
	for (i = 0; r == 0 && i < l->parts.n; i++)
		r = gv_cancel_requested() ? gv_cancel_error()
					  : check_part(l, i, &sum);
	if (r == 0 && (r = check_sum(l)) == 0)
		r = check_number(l, "parts", v->parts, l->parts.n);
	/* of a leaf that cannot be read nothing is known */
	if (r < 0 || l->run->result->faults != before)
		return r;
	if (v->size < sum.least || v->size > gv_seal_padded(sum.size))
		r = check_number(l, "bytes", v->size, sum.size);
	return r < 0 ? r : check_number(l, "resources", v->items, sum.items);
}

static int
on_finding(void *ctx, enum gv_track_finding kind, const char *sentence)
{
	struct look *l = ctx;

	gv_buf_addstr(&l->text, sentence);
	return tell(l, kind == GV_TRACK_BAD_PARTS ? "parts" : "index", NULL);
}

/* What only who has a key can see. */
static int
open_parts(struct look *l)
{
	struct gv_track_verified done;
	bool may = false;
	int r = gv_track_verify_parts(&done, l->run->repo, l->run->opts->safe,
	    l->s->version, on_finding, l);

	if (r < 0 || done.was_opened)
		return r;
	l->run->result->shut_versions++;
	if (l->run->opts->safe)
		r = gv_safe_may_read(
		    &may, l->run->opts->safe, l->s->version->env);
	l->run->result->owed_versions += may;
	return r;
}

int
gv_verify_state(struct gv_verify_run *run, struct gv_verify_snapshot *s)
{
	struct look l = { .run = run, .s = s, .text = GV_BUF_INIT };
	uint64_t before = run->result->faults;
	int r = 0;

	if (s->why)
		gv_verify_tell(run, s, "", 0, &s->commit, s->why);
	if (s->version == NULL)
		return 0;
	if (!run->opts->rescue && (r = check_code(&l)) < 0)
		goto out;
	if (!run->opts->rescue && (r = check_binding(&l)) < 0)
		goto out;
	if ((r = gv_verify_paths(run, s)) < 0)
		goto out;
	/* repair looks at objects alone */
	if (!run->opts->rescue && run->result->faults == before &&
	    (r = check_parts(&l)) != 0)
		goto out;
	if (run->opts->deep && run->result->faults == before)
		r = open_parts(&l);
out:
	gv_track_parts_release(&l.parts);
	gv_buf_release(&l.text);
	return r;
}

/* ---- locks -------------------------------------------------------------- */

/* Its blob, and that it is the record of one; what repair finds elsewhere may
 * have no bytes. */
static int
check_lock(struct gv_verify_run *run, const struct gv_oid *oid)
{
	struct gv_statelock_record record = { .id = NULL };
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(run->odb, &obj, oid, GV_OTYPE_BLOB);

	if ((r = gv_verify_rescue(run, &obj, oid, GV_OTYPE_BLOB, r)) == 0) {
		run->result->objects++;
		run->result->bytes += obj.len;
	}
	if (r == 0 && !run->opts->rescue)
		r = gv_statelock_parse(
		    &record, (const char *)obj.data, obj.len);
	gv_statelock_record_release(&record);
	gv_object_release(&obj);
	return r;
}

int
gv_verify_locks(struct gv_verify_run *run)
{
	struct gv_refs refs = { 0 };
	size_t i;
	int r = gv_ref_list(&refs, run->repo, GV_REFS_LOCKS);

	for (i = 0; r == 0 && i < refs.n; i++) {
		/* what faults name: the ref */
		struct gv_verify_snapshot as = { .damaged = true };

		as.id = (char *)(uintptr_t)refs.refs[i].name;
		r = check_lock(run, &refs.refs[i].oid);
		if (!is_damage(r))
			continue;
		gv_verify_tell(
		    run, &as, "", 0, &refs.refs[i].oid, gv_err_message());
		r = 0;
	}
	gv_refs_release(&refs);
	return r;
}

void
gv_verify_states_free(struct gv_verify_run *run)
{
	if (run->states == NULL)
		return;
	gv_map_release(&run->states->leaves);
	gv_arena_release(&run->states->arena);
	free(run->states);
	run->states = NULL;
}
